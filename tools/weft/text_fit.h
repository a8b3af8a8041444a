/* weft command: UTF-8 in names that are shortened or come from outside. */
#ifndef WEFT_TOOLS_TEXT_FIT_H
#define WEFT_TOOLS_TEXT_FIT_H

#include <stddef.h>

/* The same with U+FFFD for each byte that belongs to no character. To be freed; NULL: memory is short. */
char *utf8_mend(const char *text);

/* How many bytes of whole characters fit into `most`: for "%.*s". */
int utf8_fit(const char *text, int most);

/* The end of the text from a whole character on, `most` bytes of it at most. */
const char *utf8_tail(const char *text, size_t most);

#endif
