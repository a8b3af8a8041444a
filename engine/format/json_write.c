#include "format/json_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/pool.h"
#include "format/utf8.h"

void weft_json_write_init(struct weft_json_writer *writer, const weft_allocator *allocator)
{
    *writer = (struct weft_json_writer){.allocator = allocator};
}

void weft_json_write_free(struct weft_json_writer *writer)
{
    weft_block_free(writer->allocator, writer->data);
    *writer = (struct weft_json_writer){.allocator = writer->allocator};
}

void weft_json_write_raw(struct weft_json_writer *writer, const char *bytes, size_t size)
{
    if (writer->failed || size == 0) {
        return;
    }
    if (size > writer->capacity - writer->size) {
        size_t wanted = writer->size + size;
        size_t capacity = writer->capacity ? writer->capacity : 4096;
        while (capacity < wanted) {
            capacity += capacity / 2;
        }
        char *larger = weft_block_alloc(writer->allocator, capacity, 1);
        if (!larger) {
            writer->failed = true;
            return;
        }
        if (writer->size) {
            memcpy(larger, writer->data, writer->size);
        }
        weft_block_free(writer->allocator, writer->data);
        writer->data = larger;
        writer->capacity = capacity;
    }
    memcpy(writer->data + writer->size, bytes, size);
    writer->size += size;
}

/* Every value and key begins here. */
static void begin(struct weft_json_writer *writer)
{
    if (writer->follows) {
        weft_json_write_raw(writer, ",", 1);
    }
    writer->follows = true;
}

void weft_json_write_open(struct weft_json_writer *writer, char bracket)
{
    begin(writer);
    weft_json_write_raw(writer, &bracket, 1);
    writer->follows = false;
}

void weft_json_write_close(struct weft_json_writer *writer, char bracket)
{
    weft_json_write_raw(writer, &bracket, 1);
    writer->follows = true;
}

void weft_json_write_key(struct weft_json_writer *writer, const char *key)
{
    weft_json_write_string(writer, key);
    weft_json_write_raw(writer, ":", 1);
    writer->follows = false;
}

void weft_json_write_text(struct weft_json_writer *writer, const char *text, size_t size)
{
    begin(writer);
    weft_json_write_raw(writer, "\"", 1);
    for (size_t i = 0; i < size;) {
        int bytes = weft_utf8_character(text + i, size - i);
        unsigned char c = (unsigned char)text[i];
        if (bytes == 0) {
            weft_json_write_raw(writer, "\\ufffd", 6);
            bytes = 1;
        } else if (c == '"' || c == '\\') {
            weft_json_write_raw(writer, (const char[2]){'\\', (char)c}, 2);
        } else if (c < 0x20 || c == 0x7f) {
            char escape[8];
            snprintf(escape, sizeof escape, "\\u%04x", (unsigned)c);
            weft_json_write_raw(writer, escape, 6);
        } else {
            weft_json_write_raw(writer, text + i, (size_t)bytes);
        }
        i += (size_t)bytes;
    }
    weft_json_write_raw(writer, "\"", 1);
}

void weft_json_write_string(struct weft_json_writer *writer, const char *text)
{
    weft_json_write_text(writer, text, strlen(text));
}

void weft_json_write_int(struct weft_json_writer *writer, int64_t value)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%" PRId64, value);
    begin(writer);
    weft_json_write_raw(writer, text, (size_t)length);
}

void weft_json_write_bool(struct weft_json_writer *writer, bool value)
{
    begin(writer);
    weft_json_write_raw(writer, value ? "true" : "false", value ? 4 : 5);
}

/* The decimal digits (no point: printf would take the locale's) and exponent of the shortest form:
 * value = 0.d1d2d3... * 10^exponent. Returns the number of digits. */
static int shortest_digits(float value, char digits[10], int *exponent)
{
    for (int count = 1;; count++) {
        char text[40], plain[40];
        snprintf(text, sizeof text, "%.*e", count - 1, (double)value);
        int used = 0;
        const char *s = text;
        for (; *s != 'e'; s++) {
            if (*s >= '0' && *s <= '9') {
                digits[used++] = *s;
            }
        }
        *exponent = atoi(s + 1) + 1;
        snprintf(plain, sizeof plain, "%.*se%d", used, digits, *exponent - used);
        if (count == 9 || strtof(plain, NULL) == value) {
            return used;
        }
    }
}

void weft_json_write_float(struct weft_json_writer *writer, float value)
{
    char digits[10], text[48];
    int exponent, length = 0;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bool negative = bits >> 31;
    int count = shortest_digits(negative ? -value : value, digits, &exponent);
    text[length++] = '-';
    if (value == 0.0f) {
        length += snprintf(text + length, sizeof text - 1, "0");
    } else if (exponent > 0 && exponent <= 9) {
        int zeros = exponent > count ? exponent - count : 0;
        int whole = exponent < count ? exponent : count;
        length += snprintf(text + length, sizeof text - 1, "%.*s%.*s", whole, digits, zeros, "00000000");
        if (count > whole) {
            length +=
                snprintf(text + length, sizeof text - (size_t)length, ".%.*s", count - whole, digits + whole);
        }
    } else if (exponent <= 0 && exponent > -5) {
        length += snprintf(text + length, sizeof text - 1, "0.%.*s%.*s", -exponent, "00000", count, digits);
    } else {
        length += snprintf(text + length, sizeof text - 1, "%c", digits[0]);
        if (count > 1) {
            length += snprintf(text + length, sizeof text - (size_t)length, ".%.*s", count - 1, digits + 1);
        }
        length += snprintf(text + length, sizeof text - (size_t)length, "e%d", exponent - 1);
    }
    begin(writer);
    weft_json_write_raw(writer, negative ? text : text + 1, (size_t)length - !negative);
}
