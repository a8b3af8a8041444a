/* weft: a small strict JSON reader (RFC 8259) for untrusted text. Parses in place into one array of tokens;
 * nothing is allocated per element. Stricter than the RFC: no key twice in an object, no character U+0000,
 * nesting at most WEFT_JSON_DEPTH_MAX, text at most WEFT_JSON_TEXT_MAX bytes. Independent of the locale. */
#ifndef WEFT_FORMAT_JSON_H
#define WEFT_FORMAT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <weft/weft.h>

#define WEFT_JSON_DEPTH_MAX 64
#define WEFT_JSON_TEXT_MAX ((size_t)1 << 28) /* fits the 29 bits of weft_json_token.size */

enum weft_json_type {
    WEFT_JSON_NULL,
    WEFT_JSON_FALSE,
    WEFT_JSON_TRUE,
    WEFT_JSON_NUMBER,
    WEFT_JSON_STRING,
    WEFT_JSON_ARRAY,
    WEFT_JSON_OBJECT
};

/* Tokens are in the order of the text. The elements of an array follow it: the first is at array + 1, the one
 * after element i at tokens[i].next. An object's are its keys (strings); the value of key i is at i + 1. */
struct weft_json_token {
    uint32_t start;     /* offset into the text of a string or number */
    uint32_t type : 3;  /* enum weft_json_type */
    uint32_t size : 29; /* bytes of a string or number; elements of an array; members of an object */
    uint32_t next;      /* first token that is not part of this one; of a key: of its value */
};

/* A parsed text. Token 0 is the whole. */
struct weft_json {
    char *text;
    struct weft_json_token *tokens;
    int count;
    const weft_allocator *allocator;
    const char *problem; /* after WEFT_E_FORMAT: a short English reason */
    size_t position;     /* and the byte of the text where it was seen */
};

/* Parses `size` bytes at `text`, which is changed (strings are decoded where they lie and end in a zero byte)
 * and must live as long as `json`. `allocator` may be NULL and must live as long, too.
 * WEFT_OK, WEFT_E_FORMAT (problem, position say why) or WEFT_E_MEMORY; on failure nothing is kept. Memory:
 * 12 bytes per token (a key counts as one) while it lives, 4 per key of the largest object during the call.
 */
weft_status weft_json_parse(struct weft_json *json, char *text, size_t size, const weft_allocator *allocator);
/* Frees the tokens. */
void weft_json_free(struct weft_json *json);

enum weft_json_type weft_json_type_of(const struct weft_json *json, int token);
/* Elements of an array, members of an object; 0 of anything else. */
int weft_json_count(const struct weft_json *json, int token);
/* First element (array) or key (object), and the one that follows `token`. */
int weft_json_first(int token);
int weft_json_next(const struct weft_json *json, int token);
/* Value of a member; -1 if `object` is none or has no such key. Searches in order. */
int weft_json_member(const struct weft_json *json, int object, const char *key);
/* The string, ended by a zero byte, or NULL if the token is none. */
const char *weft_json_string(const struct weft_json *json, int token);
/* A number written as an integer that fits int64; false otherwise. */
bool weft_json_int64(const struct weft_json *json, int token, int64_t *value);
/* A number in at most 99 digits whose nearest double, or float, is finite; false otherwise. */
bool weft_json_double(const struct weft_json *json, int token, double *value);
bool weft_json_float(const struct weft_json *json, int token, float *value);

#endif
