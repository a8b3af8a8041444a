#include "text_fit.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool is_inside(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* Bytes of the character that begins there; 0: none does. Overlong forms, surrogates and what is above U+10FFFF are
 * none. */
static size_t character(const char *text)
{
    unsigned char first = (unsigned char)text[0], second = first ? (unsigned char)text[1] : 0;
    size_t bytes = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    for (size_t i = 1; i < bytes; i++) {
        if (!is_inside(text[i])) {
            return 0;
        }
    }
    bool overlong = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    bool surrogate = first == 0xed && second > 0x9f, beyond = first == 0xf4 && second > 0x8f;
    return overlong || surrogate || beyond ? 0 : bytes;
}

char *utf8_mend(const char *text)
{
    static const char replacement[] = "\xef\xbf\xbd";
    char *mended = malloc(3 * strlen(text) + 1), *end = mended;
    while (mended && *text) {
        size_t bytes = character(text);
        size_t made = bytes ? bytes : sizeof replacement - 1;
        memcpy(end, bytes ? text : replacement, made);
        end += made;
        text += bytes ? bytes : 1;
    }
    if (mended) {
        *end = '\0';
    }
    return mended;
}

int utf8_fit(const char *text, int most)
{
    int length = 0;
    while (length < most && text[length]) {
        length++;
    }
    while (length > 0 && is_inside(text[length])) {
        length--;
    }
    return length;
}

const char *utf8_tail(const char *text, size_t most)
{
    size_t length = strlen(text);
    const char *tail = length > most ? text + length - most : text;
    while (tail > text && is_inside(*tail)) {
        tail++;
    }
    return tail;
}
