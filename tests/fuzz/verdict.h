/* What must hold whatever the bytes of a model file are. */
#ifndef WEFT_TESTS_FUZZ_VERDICT_H
#define WEFT_TESTS_FUZZ_VERDICT_H

#include <stddef.h>

/* Loads the bytes and checks: a status with one line that begins with the name, and no model; or a model that
 * passes the graph's check, can be written, and reads back the same. Nothing leaks; live memory stays below
 * `times` times the size plus 64 KiB. NULL if so, else what does not hold. *loaded (may be NULL): whether
 * there was a model. */
const char *verdict(const void *data, size_t size, size_t times, int *loaded);

#endif
