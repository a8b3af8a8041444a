#include "args.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int args_fail(const struct verb *verb, const char *format, ...)
{
    va_list list;
    fprintf(stderr, "weft %s: ", verb->name);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
    return EXIT_BAD_USE;
}

static void print_help(const struct verb *verb, const struct option_spec *options)
{
    printf("usage: weft %s %s\n\n%s\n\noptions:\n", verb->name, verb->arguments, verb->summary);
    for (const struct option_spec *o = options; o->name; o++) {
        char left[64];
        int used = o->letter ? snprintf(left, sizeof left, "-%c, ", o->letter) : 0;
        snprintf(left + used, sizeof left - (size_t)used, "--%s%s%s", o->name, o->metavar ? " " : "",
                 o->metavar ? o->metavar : "");
        printf("  %-26s %s\n", left, o->help);
    }
    printf("  %-26s %s\n", "-h, --help", "this text");
    if (verb->details) {
        printf("\n%s", verb->details);
    }
    printf("\nexit status: 0 fine, 1 a check failed, 2 wrong use or bad input\n");
}

static bool set_value(const struct verb *verb, const struct option_spec *o, const char *text)
{
    char *end = NULL;
    switch (o->kind) {
    case OPTION_FLAG:
        *(bool *)o->value = true;
        return true;
    case OPTION_INT: {
        errno = 0;
        long number = strtol(text, &end, 10);
        if (errno || end == text || *end || number < o->min || number > o->max) {
            args_fail(verb, "--%s takes a whole number from %ld to %ld, not '%s'", o->name, o->min, o->max, text);
            return false;
        }
        *(int *)o->value = (int)number;
        return true;
    }
    case OPTION_SECONDS:
    case OPTION_PERCENT: {
        double number = strtod(text, &end);
        if (end == text || *end || !isfinite(number) || number < 0 || number > (double)o->max) {
            args_fail(verb, "--%s takes %s from 0 to %ld, not '%s'", o->name,
                      o->kind == OPTION_PERCENT ? "a percentage" : "seconds", o->max, text);
            return false;
        }
        *(double *)o->value = number;
        return true;
    }
    case OPTION_TEXT:
        *(const char **)o->value = text;
        return true;
    }
    return false;
}

/* Handles argv[i]; returns how many words it took, 0 on failure. */
static int take_option(const struct verb *verb, const struct option_spec *options, int argc, char **argv, int i)
{
    bool is_long = argv[i][1] == '-';
    const char *word = argv[i] + 2;
    const char *equals = is_long ? strchr(word, '=') : NULL;
    size_t length = equals ? (size_t)(equals - word) : strlen(word);
    for (const struct option_spec *o = options; o->name; o++) {
        bool same = is_long ? strlen(o->name) == length && strncmp(o->name, word, length) == 0
                            : o->letter && argv[i][1] == o->letter && argv[i][2] == '\0';
        if (!same) {
            continue;
        }
        if (o->kind == OPTION_FLAG) {
            if (equals) {
                args_fail(verb, "--%s takes no value", o->name);
                return 0;
            }
            return set_value(verb, o, NULL) ? 1 : 0;
        }
        if (equals) {
            return set_value(verb, o, equals + 1) ? 1 : 0;
        }
        if (i + 1 >= argc) {
            args_fail(verb, "--%s needs a value (%s)", o->name, o->metavar);
            return 0;
        }
        return set_value(verb, o, argv[i + 1]) ? 2 : 0;
    }
    args_fail(verb, "unknown option '%s'; 'weft %s --help' lists them", argv[i], verb->name);
    return 0;
}

bool args_parse(const struct verb *verb, const struct option_spec *options, int argc, char **argv, int *operands,
                int *exit_code)
{
    int kept = 0;
    bool only_operands = false;
    for (int i = 1; i < argc;) {
        if (only_operands || argv[i][0] != '-' || argv[i][1] == '\0') {
            argv[kept++] = argv[i++];
        } else if (strcmp(argv[i], "--") == 0) {
            only_operands = true;
            i++;
        } else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(verb, options);
            *exit_code = EXIT_FINE;
            return false;
        } else {
            int taken = take_option(verb, options, argc, argv, i);
            if (taken == 0) {
                *exit_code = EXIT_BAD_USE;
                return false;
            }
            i += taken;
        }
    }
    *operands = kept;
    return true;
}
