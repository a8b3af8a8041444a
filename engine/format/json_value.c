/* The questions about a parsed text. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/json.h"

/* Digits of a number that are read; more make no difference to a double worth the room. */
#define DIGITS_MAX 100
/* Beyond this a decimal exponent is infinity or zero, even with DIGITS_MAX digits in front. */
#define EXPONENT_MAX 10000

enum weft_json_type weft_json_type_of(const struct weft_json *json, int token)
{
    return (enum weft_json_type)json->tokens[token].type;
}

int weft_json_count(const struct weft_json *json, int token)
{
    enum weft_json_type type = weft_json_type_of(json, token);
    return type == WEFT_JSON_ARRAY || type == WEFT_JSON_OBJECT ? (int)json->tokens[token].size : 0;
}

int weft_json_first(int token)
{
    return token + 1;
}

int weft_json_next(const struct weft_json *json, int token)
{
    return (int)json->tokens[token].next;
}

int weft_json_member(const struct weft_json *json, int object, const char *key)
{
    if (weft_json_type_of(json, object) != WEFT_JSON_OBJECT) {
        return -1;
    }
    int count = weft_json_count(json, object);
    for (int i = 0, at = weft_json_first(object); i < count; i++, at = weft_json_next(json, at)) {
        if (strcmp(json->text + json->tokens[at].start, key) == 0) {
            return at + 1;
        }
    }
    return -1;
}

const char *weft_json_string(const struct weft_json *json, int token)
{
    return weft_json_type_of(json, token) == WEFT_JSON_STRING ? json->text + json->tokens[token].start : NULL;
}

bool weft_json_int64(const struct weft_json *json, int token, int64_t *value)
{
    if (weft_json_type_of(json, token) != WEFT_JSON_NUMBER) {
        return false;
    }
    const char *s = json->text + json->tokens[token].start;
    const char *end = s + json->tokens[token].size;
    bool negative = *s == '-';
    uint64_t limit = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;
    uint64_t magnitude = 0;
    for (s += negative; s < end; s++) {
        if (*s < '0' || *s > '9') {
            return false;
        }
        uint64_t digit = (uint64_t)(*s - '0');
        if (magnitude > (limit - digit) / 10) {
            return false;
        }
        magnitude = magnitude * 10 + digit;
    }
    *value = negative ? -(int64_t)(magnitude - (magnitude > 0)) - (magnitude > 0) : (int64_t)magnitude;
    return true;
}

/* strtod and strtof read the decimal point of the locale. The number is made into one without a point: an
 * integer and an exponent. */
static bool without_point(const struct weft_json *json, int token, char plain[DIGITS_MAX + 16])
{
    if (weft_json_type_of(json, token) != WEFT_JSON_NUMBER) {
        return false;
    }
    const char *s = json->text + json->tokens[token].start;
    const char *end = s + json->tokens[token].size;
    size_t used = 0;
    if (*s == '-') {
        plain[used++] = *s++;
    }
    int exponent = 0;
    bool fraction = false;
    for (; s < end && *s != 'e' && *s != 'E'; s++) {
        if (*s == '.') {
            fraction = true;
            continue;
        }
        if (used >= DIGITS_MAX) {
            return false;
        }
        plain[used++] = *s;
        exponent -= fraction;
    }
    if (s < end) {
        s++;
        bool negative = *s == '-';
        s += *s == '-' || *s == '+';
        int written = 0;
        for (; s < end; s++) {
            written = written > EXPONENT_MAX ? written : written * 10 + (*s - '0');
        }
        exponent += negative ? -written : written;
    }
    snprintf(plain + used, 16, "e%d", exponent);
    return true;
}

bool weft_json_double(const struct weft_json *json, int token, double *value)
{
    char plain[DIGITS_MAX + 16];
    if (!without_point(json, token, plain)) {
        return false;
    }
    *value = strtod(plain, NULL);
    return isfinite(*value);
}

bool weft_json_float(const struct weft_json *json, int token, float *value)
{
    char plain[DIGITS_MAX + 16];
    if (!without_point(json, token, plain)) {
        return false;
    }
    *value = strtof(plain, NULL);
    return isfinite(*value);
}
