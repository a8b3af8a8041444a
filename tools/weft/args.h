/* weft command: options, one table per verb. */
#ifndef WEFT_TOOLS_ARGS_H
#define WEFT_TOOLS_ARGS_H

#include <stdbool.h>

/* Exit codes of the command. */
enum { EXIT_FINE = 0, EXIT_CHECK_FAILED = 1, EXIT_BAD_USE = 2 };

enum option_kind { OPTION_FLAG, OPTION_INT, OPTION_SECONDS, OPTION_PERCENT, OPTION_TEXT };

struct option_spec {
    const char *name;    /* long name without dashes */
    enum option_kind kind;
    void *value;         /* bool *, int *, double *, const char ** */
    long min, max;       /* INT: the range; SECONDS, PERCENT: 0..max */
    const char *metavar; /* "N", "FILE"; NULL for flags */
    const char *help;
    char letter; /* short name where users have the habit (-o), else 0 */
};

struct verb {
    const char *name;
    const char *summary;   /* one line */
    const char *arguments; /* after the name in the usage line */
    int (*run)(const struct verb *verb, int argc, char **argv);
    const char *details; /* below the options in --help; may be NULL */
};

/* Parses argv[1..] by the table (ended by a NULL name). Operands are moved to the front of argv;
 * *operands is their number. Returns true to go on; else *exit_code says how to leave (--help: 0). */
bool args_parse(const struct verb *verb, const struct option_spec *options, int argc, char **argv, int *operands,
                int *exit_code);

/* One line on stderr, "weft VERB: ...", and EXIT_BAD_USE. */
int args_fail(const struct verb *verb, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
