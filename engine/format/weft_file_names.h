/* weft: the words of the .weft file that its reader and its writer share (docs/formats.md section 7). */
#ifndef WEFT_FORMAT_WEFT_FILE_NAMES_H
#define WEFT_FORMAT_WEFT_FILE_NAMES_H

#include "graph/graph.h"

/* Value of the metadata key "format", and the one of "format_version" that this library writes and the
 * highest that it reads. */
#define WEFT_FILE_FORMAT "weft"
#define WEFT_FILE_VERSION 1

/* Longest name of a network, layer or edge, in bytes. */
#define WEFT_FILE_NAME_MAX 1024

/* "c2" .. "c8", NULL of a number that is no format; and back, 0 if there is no such name. */
const char *weft_file_format_name(int format);
int weft_file_format_from_name(const char *name);

/* "float", "log", "linear"; NULL of a number that is no kind. And back: -1 if there is no such name. */
const char *weft_file_kind_name(int kind);
int weft_file_kind_from_name(const char *name);

/* WEFT_OP_COUNT, WEFT_FUNC_COUNT if there is no such name. */
enum weft_op weft_file_op_from_name(const char *name);
enum weft_func weft_file_func_from_name(const char *name);

/* Does the operator have a window in the file? */
bool weft_file_has_window(enum weft_op op);

#endif
