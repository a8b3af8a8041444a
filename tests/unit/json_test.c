#include <criterion/criterion.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include "counting.h"
#include "format/json.h"
#include "format/json_write.h"

static char text[1 << 16];

static weft_status parse(struct weft_json *json, const char *source)
{
    strcpy(text, source);
    return weft_json_parse(json, text, strlen(source), NULL);
}

static bool refused(const char *source)
{
    struct weft_json json;
    weft_status status = parse(&json, source);
    weft_json_free(&json);
    return status == WEFT_E_FORMAT && json.problem[0];
}

Test(json, reads_what_the_rfc_allows)
{
    struct weft_json json;
    cr_assert_eq(parse(&json, " {\"a\" : [1, -2 ,{}], \"b\":\"x\" ,\"\":null, \"t\":true}\n"), WEFT_OK);
    cr_assert_eq(weft_json_count(&json, 0), 4);
    int array = weft_json_member(&json, 0, "a");
    cr_assert_eq(weft_json_type_of(&json, array), WEFT_JSON_ARRAY);
    cr_assert_eq(weft_json_count(&json, array), 3);
    int second = weft_json_next(&json, weft_json_first(array));
    int64_t value;
    cr_assert(weft_json_int64(&json, second, &value));
    cr_assert_eq(value, -2);
    cr_assert_eq(weft_json_type_of(&json, weft_json_next(&json, second)), WEFT_JSON_OBJECT);
    cr_assert_str_eq(weft_json_string(&json, weft_json_member(&json, 0, "b")), "x");
    cr_assert_eq(weft_json_type_of(&json, weft_json_member(&json, 0, "")), WEFT_JSON_NULL);
    cr_assert_eq(weft_json_member(&json, 0, "c"), -1);
    cr_assert_eq(weft_json_member(&json, array, "a"), -1);
    cr_assert_null(weft_json_string(&json, array));
    weft_json_free(&json);
}

Test(json, decodes_escapes_and_keeps_utf8)
{
    struct weft_json json;
    cr_assert_eq(parse(&json, "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\\ud83d\\ude00 \xc3\xa9 \\u007f\""),
                 WEFT_OK);
    cr_assert_str_eq(weft_json_string(&json, 0),
                     "\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 \xc3\xa9 \x7f");
    weft_json_free(&json);
}

Test(json, refuses_what_is_not_json)
{
    static const char *const wrong[] = {
        "",          " ",           "{",        "[",          "]",     "}",     "[1",    "[1,",     "[1,]",
        "[,1]",      "{\"a\"}",     "{\"a\":}", "{\"a\":1,}", "{a:1}", "{1:1}", "[1 2]", "1 2",     "{} x",
        "nul",       "True",        "NaN",      "Infinity",   "-",     "+1",    "01",    "-01",     "1.",
        ".5",        "1e",          "1e+",      "0x1",        "'a'",   "\"",    "\"a",   "\"\\",    "\"\\x\"",
        "\"\\u12\"", "\"\\u12g4\"", "\"\t\"",   "[1]]",       "{]",    "[}",    "//",    "\"\\u\"",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect(refused(wrong[i]), "%s", wrong[i]);
    }
}

Test(json, refuses_strings_that_are_no_utf8)
{
    static const char *const wrong[] = {
        "\"\xff\"",
        "\"\xc3\"",
        "\"\xc3\x28\"",
        "\"\xc0\x80\"",
        "\"\xe0\x80\x80\"",
        "\"\xed\xa0\x80\"",
        "\"\xf0\x80\x80\x80\"",
        "\"\xf4\x90\x80\x80\"",
        "\"\xf8\x88\x80\x80\x80\"",
        "\"\x80\"",
        "\"\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\udc00\"",
        "\"\\u0000\"",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect(refused(wrong[i]), "number %zu", i);
    }
}

Test(json, refuses_a_key_that_stands_twice)
{
    cr_expect(refused("{\"a\":1,\"b\":2,\"a\":3}"));
    cr_expect(refused("[{\"x\":{\"k\":1,\"\\u006b\":2}}]"), "an escape does not hide it");
    struct weft_json json;
    cr_expect_eq(parse(&json, "{\"a\":{\"a\":1},\"b\":{\"a\":1}}"), WEFT_OK, "in two objects it may stand");
    weft_json_free(&json);
}

Test(json, limits_the_depth)
{
    char deep[2 * WEFT_JSON_DEPTH_MAX + 3] = "";
    memset(deep, '[', WEFT_JSON_DEPTH_MAX);
    memset(deep + WEFT_JSON_DEPTH_MAX, ']', WEFT_JSON_DEPTH_MAX);
    struct weft_json json;
    cr_expect_eq(parse(&json, deep), WEFT_OK);
    weft_json_free(&json);
    memset(deep, '[', WEFT_JSON_DEPTH_MAX + 1);
    memset(deep + WEFT_JSON_DEPTH_MAX + 1, ']', WEFT_JSON_DEPTH_MAX + 1);
    cr_expect(refused(deep));
    memset(text, '[', sizeof text);
    cr_expect_eq(weft_json_parse(&json, text, sizeof text, NULL), WEFT_E_FORMAT);
}

Test(json, integers_have_their_range)
{
    static const struct {
        const char *source;
        bool good;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999999", false, 0},
        {"1.0", false, 0},
        {"1e3", false, 0},
        {"\"1\"", false, 0},
        {"true", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct weft_json json;
        int64_t value = 0;
        cr_assert_eq(parse(&json, cases[i].source), WEFT_OK);
        cr_expect_eq(weft_json_int64(&json, 0, &value), cases[i].good, "%s", cases[i].source);
        cr_expect_eq(value, cases[i].value, "%s", cases[i].source);
        weft_json_free(&json);
    }
}

Test(json, floating_numbers_are_rounded_right_and_finite)
{
    static const struct {
        const char *source;
        double value;
    } cases[] = {
        {"0.1", 0.1},
        {"-2.5e-3", -2.5e-3},
        {"1e308", 1e308},
        {"123456.789E2", 12345678.9},
        {"1e-400", 0.0},
        {"5e-324", 5e-324},
        {"0.000000000000000000000000000000000000000000001e45", 1.0},
    };
    struct weft_json json;
    double value;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_assert_eq(parse(&json, cases[i].source), WEFT_OK);
        cr_expect(weft_json_double(&json, 0, &value) && value == cases[i].value, "%s", cases[i].source);
        weft_json_free(&json);
    }
    static const char *const infinite[] = {"1e309", "-1e309", "1e99999999999999999999", "\"1\"", "null"};
    for (size_t i = 0; i < sizeof infinite / sizeof *infinite; i++) {
        cr_assert_eq(parse(&json, infinite[i]), WEFT_OK);
        cr_expect_not(weft_json_double(&json, 0, &value), "%s", infinite[i]);
        weft_json_free(&json);
    }
    float single;
    cr_assert_eq(parse(&json, "1e39"), WEFT_OK);
    cr_expect_not(weft_json_float(&json, 0, &single));
    weft_json_free(&json);
}

/* Writes the float and reads it back. */
static float round_trip(float value, char *written, size_t room)
{
    struct weft_json_writer writer;
    struct weft_json json;
    float back = NAN;
    weft_json_write_init(&writer, NULL);
    weft_json_write_float(&writer, value);
    cr_assert_lt(writer.size, room);
    memcpy(written, writer.data, writer.size);
    written[writer.size] = '\0';
    cr_assert_eq(weft_json_parse(&json, writer.data, writer.size, NULL), WEFT_OK, "%s", written);
    cr_assert(weft_json_float(&json, 0, &back), "%s", written);
    weft_json_free(&json);
    weft_json_write_free(&writer);
    return back;
}

Test(json, every_kind_of_float_survives_writing)
{
    uint32_t bits = 1;
    for (int i = 0; i < 200000; i++) {
        float value;
        bits = bits * 1664525u + 1013904223u;
        memcpy(&value, &bits, sizeof value);
        char written[64];
        if (isfinite(value)) {
            float back = round_trip(value, written, sizeof written);
            cr_assert_eq(memcmp(&back, &value, sizeof value), 0, "%a is written %s", (double)value, written);
        }
    }
}

Test(json, floats_are_written_as_short_as_they_go)
{
    static const struct {
        float value;
        const char *written;
    } cases[] = {
        {0.0f, "0"},
        {-0.0f, "-0"},
        {1.0f, "1"},
        {6.0f, "6"},
        {-0.1f, "-0.1"},
        {0.02f, "0.02"},
        {104.0f, "104"},
        {123456789.0f, "123456790"},
        {1e10f, "1e10"},
        {1.5e-30f, "1.5e-30"},
        {3.4028235e38f, "3.4028235e38"},
        {1e-45f, "1e-45"},
        {1.0f / 3.0f, "0.33333334"},
        {0.0001f, "0.0001"},
        {0.00001f, "0.00001"},
        {1e-6f, "1e-6"},
        {100000000.0f, "100000000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char written[64];
        round_trip(cases[i].value, written, sizeof written);
        cr_expect_str_eq(written, cases[i].written);
    }
}

Test(json, does_not_heed_the_locale)
{
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "ru_RU.UTF-8"};
    const char *set = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !set; i++) {
        set = setlocale(LC_NUMERIC, names[i]);
    }
    if (!set) {
        cr_skip_test("no locale with a decimal comma is here");
    }
    char written[64];
    cr_expect_eq(round_trip(0.25f, written, sizeof written), 0.25f);
    cr_expect_str_eq(written, "0.25");
}

Test(json, the_writer_escapes_and_separates)
{
    struct weft_json_writer writer;
    weft_json_write_init(&writer, NULL);
    weft_json_write_open(&writer, '{');
    weft_json_write_key(&writer, "a\"\\\n");
    weft_json_write_open(&writer, '[');
    weft_json_write_int(&writer, INT64_MIN);
    weft_json_write_bool(&writer, true);
    weft_json_write_string(&writer, "\xc3\xa9\xff\x01");
    weft_json_write_open(&writer, '[');
    weft_json_write_close(&writer, ']');
    weft_json_write_close(&writer, ']');
    weft_json_write_key(&writer, "b");
    weft_json_write_text(&writer, "xyz", 2);
    weft_json_write_close(&writer, '}');
    weft_json_write_raw(&writer, "", 1);
    cr_expect_not(writer.failed);
    cr_expect_str_eq(writer.data,
                     "{\"a\\\"\\\\\\u000a\":[-9223372036854775808,true,\"\xc3\xa9\\ufffd\\u0001\",[]],"
                     "\"b\":\"xy\"}");
    weft_json_write_free(&writer);
}

Test(json, memory_stays_a_small_multiple_of_the_text)
{
    struct counting counting;
    weft_allocator allocator = counting_allocator(&counting);
    const size_t size = sizeof text - 1; /* odd: [0,0, ... ,0] */
    memset(text, ',', size);
    for (size_t i = 1; i < size; i += 2) {
        text[i] = '0';
    }
    text[0] = '[';
    text[size - 1] = ']';
    struct weft_json json;
    cr_assert_eq(weft_json_parse(&json, text, size, &allocator), WEFT_OK, "%s", json.problem);
    cr_expect_leq(counting.peak, 7 * size);
    weft_json_free(&json);
    cr_expect_eq(counting.blocks, 0);
}

Test(json, short_memory_is_a_status)
{
    for (long k = 0; k < 2; k++) {
        struct counting counting;
        weft_allocator allocator = counting_allocator(&counting);
        counting.fail_at = k;
        struct weft_json json;
        strcpy(text, "{\"a\":1}");
        cr_expect_eq(weft_json_parse(&json, text, strlen(text), &allocator), WEFT_E_MEMORY);
        cr_expect_eq(counting.blocks, 0);
    }
}
