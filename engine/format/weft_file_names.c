#include "format/weft_file_names.h"

#include <string.h>

static const char *const format_names[] = {
    [WEFT_C2] = "c2", [WEFT_C3] = "c3", [WEFT_C4] = "c4", [WEFT_C5] = "c5", [WEFT_C8] = "c8"};
#define FORMATS ((int)(sizeof format_names / sizeof *format_names))

static const char *const kind_names[] = {
    [WEFT_EDGE_FLOAT] = "float", [WEFT_EDGE_LOG] = "log", [WEFT_EDGE_LINEAR] = "linear"};
#define KINDS ((int)(sizeof kind_names / sizeof *kind_names))

const char *weft_file_format_name(int format)
{
    return format >= 0 && format < FORMATS ? format_names[format] : NULL;
}

int weft_file_format_from_name(const char *name)
{
    for (int i = 0; i < FORMATS; i++) {
        if (format_names[i] && strcmp(format_names[i], name) == 0) {
            return i;
        }
    }
    return 0;
}

const char *weft_file_kind_name(int kind)
{
    return kind >= 0 && kind < KINDS ? kind_names[kind] : NULL;
}

int weft_file_kind_from_name(const char *name)
{
    for (int i = 0; i < KINDS; i++) {
        if (strcmp(kind_names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

enum weft_op weft_file_op_from_name(const char *name)
{
    int op = 0;
    while (op < WEFT_OP_COUNT && strcmp(weft_op_name((enum weft_op)op), name) != 0) {
        op++;
    }
    return (enum weft_op)op;
}

enum weft_func weft_file_func_from_name(const char *name)
{
    int func = 0;
    while (func < WEFT_FUNC_COUNT && strcmp(weft_func_name((enum weft_func)func), name) != 0) {
        func++;
    }
    return (enum weft_func)func;
}

bool weft_file_has_window(enum weft_op op)
{
    return op == WEFT_OP_CONV || op == WEFT_OP_MAXPOOL || op == WEFT_OP_AVGPOOL || op == WEFT_OP_PAD;
}
