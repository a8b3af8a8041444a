/* weft: filling in weft_error. */
#ifndef WEFT_CORE_ERROR_H
#define WEFT_CORE_ERROR_H

#include <weft/weft.h>

/* Writes the formatted line into `error` (which may be NULL) and returns `status`. */
weft_status weft_fail(weft_error *error, weft_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Adds a further line, if there is room; for reports of several problems at once. */
void weft_fail_more(weft_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
