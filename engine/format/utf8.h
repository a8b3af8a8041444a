/* weft: UTF-8, checked. */
#ifndef WEFT_FORMAT_UTF8_H
#define WEFT_FORMAT_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character that starts at `text` (1..4), or 0 if the first bytes of the `size` that are there
 * are no character of UTF-8: overlong forms, surrogates and values above U+10FFFF are none. */
int weft_utf8_character(const char *text, size_t size);

/* UTF-8 without control characters (U+0000..1F, U+7F..9F), so that it fits into one line of a message. */
bool weft_utf8_is_line(const char *text);

#endif
