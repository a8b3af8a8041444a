#include "format/json.h"

#include <string.h>

#include "core/pool.h"
#include "format/index_sort.h"
#include "format/utf8.h"

struct parser {
    struct weft_json *json;
    char *text;
    size_t size, at;
    int capacity; /* tokens */
};

static bool problem(struct parser *p, const char *reason)
{
    p->json->problem = reason;
    p->json->position = p->at;
    return false;
}

static void skip_space(struct parser *p)
{
    while (p->at < p->size && (p->text[p->at] == ' ' || p->text[p->at] == '\t' || p->text[p->at] == '\n' ||
                               p->text[p->at] == '\r')) {
        p->at++;
    }
}

static bool starts_scalar(char c)
{
    return c == '-' || (c >= '0' && c <= '9') || c == 't' || c == 'f' || c == 'n';
}

/* At least as many tokens as the parser will make, exactly as many where the text is well formed. */
static int count_tokens(const char *text, size_t size)
{
    size_t tokens = 0;
    bool in_scalar = false;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (c == '"') {
            tokens++;
            in_scalar = false;
            for (i++; i < size && text[i] != '"'; i++) {
                i += text[i] == '\\';
            }
        } else if (c == '{' || c == '[') {
            tokens++;
            in_scalar = false;
        } else if (c == ',' || c == ':' || c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            in_scalar = false;
        } else if (!in_scalar && starts_scalar(c)) {
            tokens++;
            in_scalar = true;
        }
    }
    return (int)tokens; /* <= WEFT_JSON_TEXT_MAX */
}

static struct weft_json_token *add_token(struct parser *p, enum weft_json_type type, size_t start)
{
    struct weft_json *json = p->json;
    if (json->count == p->capacity) {
        problem(p, "a value is out of place");
        return NULL;
    }
    struct weft_json_token *token = &json->tokens[json->count++];
    token->start = (uint32_t)start;
    token->type = type;
    token->size = 0;
    token->next = (uint32_t)json->count;
    return token;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Four hexadecimal digits at p->at; -1 if they are not there. */
static int hex4(struct parser *p)
{
    if (p->size - p->at < 4) {
        return -1;
    }
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p->text[p->at + (size_t)i]);
        if (digit < 0) {
            return -1;
        }
        value = value * 16 + digit;
    }
    p->at += 4;
    return value;
}

/* The digits after "\u", and the second half where the first is a high surrogate; the character goes to *out
 * as UTF-8, which is shorter than the escape. */
static bool parse_unicode_escape(struct parser *p, char **out)
{
    int code = hex4(p);
    if (code >= 0xd800 && code <= 0xdbff && p->size - p->at >= 6 && p->text[p->at] == '\\' &&
        p->text[p->at + 1] == 'u') {
        p->at += 2;
        int low = hex4(p);
        code = low >= 0xdc00 && low <= 0xdfff ? 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00) : -1;
    }
    if (code <= 0 || (code >= 0xd800 && code <= 0xdfff)) {
        return problem(p,
                       code == 0 ? "a string holds the character zero" : "a \\u escape names no character");
    }
    char *o = *out;
    if (code < 0x80) {
        *o++ = (char)code;
    } else if (code < 0x800) {
        *o++ = (char)(0xc0 | code >> 6);
        *o++ = (char)(0x80 | (code & 63));
    } else if (code < 0x10000) {
        *o++ = (char)(0xe0 | code >> 12);
        *o++ = (char)(0x80 | (code >> 6 & 63));
        *o++ = (char)(0x80 | (code & 63));
    } else {
        *o++ = (char)(0xf0 | code >> 18);
        *o++ = (char)(0x80 | (code >> 12 & 63));
        *o++ = (char)(0x80 | (code >> 6 & 63));
        *o++ = (char)(0x80 | (code & 63));
    }
    *out = o;
    return true;
}

static bool parse_escape(struct parser *p, char **out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    if (p->at == p->size) {
        return problem(p, "a string is not closed");
    }
    char c = p->text[p->at++];
    if (c == 'u') {
        return parse_unicode_escape(p, out);
    }
    const char *found = c ? strchr(from, c) : NULL;
    if (!found) {
        return problem(p, "an escape is unknown");
    }
    *(*out)++ = to[found - from];
    return true;
}

/* At the opening quote. Decodes in place: what is written never passes what is read. */
static bool parse_string(struct parser *p)
{
    size_t start = ++p->at;
    struct weft_json_token *token = add_token(p, WEFT_JSON_STRING, start);
    if (!token) {
        return false;
    }
    char *out = p->text + start;
    for (;;) {
        if (p->at == p->size) {
            return problem(p, "a string is not closed");
        }
        unsigned char c = (unsigned char)p->text[p->at];
        if (c == '"') {
            break;
        }
        if (c < 0x20) {
            return problem(p, "a control character stands in a string");
        }
        if (c == '\\') {
            p->at++;
            if (!parse_escape(p, &out)) {
                return false;
            }
            continue;
        }
        int bytes = weft_utf8_character(p->text + p->at, p->size - p->at);
        if (bytes == 0) {
            return problem(p, "a string is not UTF-8");
        }
        memmove(out, p->text + p->at, (size_t)bytes);
        out += bytes;
        p->at += (size_t)bytes;
    }
    token->size = (uint32_t)(out - (p->text + start)) & 0x1fffffff;
    *out = '\0';
    p->at++;
    return true;
}

static size_t skip_digits(struct parser *p)
{
    size_t first = p->at;
    while (p->at < p->size && p->text[p->at] >= '0' && p->text[p->at] <= '9') {
        p->at++;
    }
    return p->at - first;
}

static bool parse_number(struct parser *p)
{
    size_t start = p->at;
    p->at += p->text[p->at] == '-';
    size_t leading = p->at;
    size_t digits = skip_digits(p);
    if (digits == 0 || (digits > 1 && p->text[leading] == '0')) {
        return problem(p, "a number is malformed");
    }
    if (p->at < p->size && p->text[p->at] == '.') {
        p->at++;
        if (skip_digits(p) == 0) {
            return problem(p, "a number is malformed");
        }
    }
    if (p->at < p->size && (p->text[p->at] == 'e' || p->text[p->at] == 'E')) {
        p->at++;
        p->at += p->at < p->size && (p->text[p->at] == '+' || p->text[p->at] == '-');
        if (skip_digits(p) == 0) {
            return problem(p, "a number is malformed");
        }
    }
    struct weft_json_token *token = add_token(p, WEFT_JSON_NUMBER, start);
    if (!token) {
        return false;
    }
    token->size = (uint32_t)(p->at - start) & 0x1fffffff;
    return true;
}

static bool parse_literal(struct parser *p)
{
    static const struct {
        const char *word;
        enum weft_json_type type;
    } literals[] = {{"null", WEFT_JSON_NULL}, {"false", WEFT_JSON_FALSE}, {"true", WEFT_JSON_TRUE}};
    for (int i = 0; i < 3; i++) {
        size_t length = strlen(literals[i].word);
        if (p->size - p->at >= length && memcmp(p->text + p->at, literals[i].word, length) == 0) {
            bool added = add_token(p, literals[i].type, p->at) != NULL;
            p->at += length;
            return added;
        }
    }
    return problem(p, "a value is expected");
}

static bool parse_value(struct parser *p, int depth);

/* What follows a container's element: sets *more if a comma, not if the closing bracket. */
static bool parse_separator(struct parser *p, char close, bool *more)
{
    skip_space(p);
    char c = p->at < p->size ? p->text[p->at] : '\0';
    if (c != ',' && c != close) {
        return problem(p, close == '}' ? "',' or '}' is expected" : "',' or ']' is expected");
    }
    p->at++;
    *more = c == ',';
    return true;
}

static bool parse_member(struct parser *p, int depth)
{
    skip_space(p);
    if (p->at == p->size || p->text[p->at] != '"') {
        return problem(p, "a key is expected");
    }
    int key = p->json->count;
    if (!parse_string(p)) {
        return false;
    }
    skip_space(p);
    if (p->at == p->size || p->text[p->at] != ':') {
        return problem(p, "':' is expected");
    }
    p->at++;
    if (!parse_value(p, depth)) {
        return false;
    }
    p->json->tokens[key].next = (uint32_t)p->json->count;
    return true;
}

static bool parse_container(struct parser *p, int depth)
{
    bool object = p->text[p->at] == '{';
    char close = object ? '}' : ']';
    int self = p->json->count;
    if (depth == WEFT_JSON_DEPTH_MAX) {
        return problem(p, "it is nested too deeply");
    }
    if (!add_token(p, object ? WEFT_JSON_OBJECT : WEFT_JSON_ARRAY, p->at)) {
        return false;
    }
    p->at++;
    skip_space(p);
    bool more = p->at == p->size || p->text[p->at] != close;
    if (!more) {
        p->at++;
    }
    uint32_t elements = 0;
    while (more) {
        if (!(object ? parse_member(p, depth + 1) : parse_value(p, depth + 1)) ||
            !parse_separator(p, close, &more)) {
            return false;
        }
        elements++;
    }
    p->json->tokens[self].size = elements & 0x1fffffff;
    p->json->tokens[self].next = (uint32_t)p->json->count;
    return true;
}

static bool parse_value(struct parser *p, int depth)
{
    skip_space(p);
    if (p->at == p->size) {
        return problem(p, "it ends too early");
    }
    switch (p->text[p->at]) {
    case '{':
    case '[':
        return parse_container(p, depth);
    case '"':
        return parse_string(p);
    case 't':
    case 'f':
    case 'n':
        return parse_literal(p);
    default:
        return starts_scalar(p->text[p->at]) ? parse_number(p) : problem(p, "a value is expected");
    }
}

static int compare_keys(const void *context, uint32_t a, uint32_t b)
{
    const struct weft_json *json = context;
    return strcmp(json->text + json->tokens[a].start, json->text + json->tokens[b].start);
}

/* Sorts the keys of each object: n log n whatever the keys, where a table could be driven to n^2. */
static weft_status refuse_twins(struct weft_json *json)
{
    uint32_t most = 0;
    for (int i = 0; i < json->count; i++) {
        const struct weft_json_token *token = &json->tokens[i];
        most = token->type == WEFT_JSON_OBJECT && token->size > most ? token->size : most;
    }
    uint32_t *keys = weft_block_alloc(json->allocator, most, sizeof *keys);
    if (!keys) {
        return WEFT_E_MEMORY;
    }
    weft_status status = WEFT_OK;
    for (int i = 0; i < json->count && status == WEFT_OK; i++) {
        if (json->tokens[i].type != WEFT_JSON_OBJECT) {
            continue;
        }
        uint32_t count = json->tokens[i].size;
        uint32_t key = (uint32_t)i + 1;
        for (uint32_t k = 0; k < count; k++) {
            keys[k] = key;
            key = json->tokens[key].next;
        }
        weft_index_sort(keys, count, compare_keys, json);
        for (uint32_t k = 1; k < count; k++) {
            if (compare_keys(json, keys[k - 1], keys[k]) == 0) {
                json->problem = "a key stands twice in one object";
                json->position = json->tokens[keys[k]].start;
                status = WEFT_E_FORMAT;
                break;
            }
        }
    }
    weft_block_free(json->allocator, keys);
    return status;
}

weft_status weft_json_parse(struct weft_json *json, char *text, size_t size, const weft_allocator *allocator)
{
    *json = (struct weft_json){.text = text, .allocator = allocator, .problem = ""};
    struct parser p = {.json = json, .text = text, .size = size};
    if (size > WEFT_JSON_TEXT_MAX) {
        problem(&p, "it is too long");
        return WEFT_E_FORMAT;
    }
    p.capacity = count_tokens(text, size);
    json->tokens = weft_block_alloc(allocator, (size_t)p.capacity, sizeof *json->tokens);
    if (!json->tokens) {
        return WEFT_E_MEMORY;
    }
    bool good = parse_value(&p, 0);
    if (good) {
        skip_space(&p);
        good = p.at == size || problem(&p, "something follows its end");
    }
    weft_status status = good ? refuse_twins(json) : WEFT_E_FORMAT;
    if (status != WEFT_OK) {
        weft_json_free(json);
    }
    return status;
}

void weft_json_free(struct weft_json *json)
{
    weft_block_free(json->allocator, json->tokens);
    json->tokens = NULL;
    json->count = 0;
}
