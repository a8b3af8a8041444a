/* The report of an import: everything that is wrong, a line each. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "onnx/importer.h"

/* Room for the line that counts the others. */
#define TAIL 32

const char *weft_onnx_printable(const char *text, char *out, size_t size)
{
    size_t length = strlen(text), at = 0;
    if (length >= size) {
        length = size - 1;
    }
    for (; at < length; at++) {
        unsigned char c = (unsigned char)text[at];
        out[at] = c >= 0x20 && c < 0x7f ? (char)c : '?';
    }
    out[at] = '\0';
    return out;
}

weft_status weft_onnx_fail(struct weft_onnx *import, weft_status status, const char *format, ...)
{
    char cause[512];
    va_list list;
    va_start(list, format);
    vsnprintf(cause, sizeof cause, format, list);
    va_end(list);
    import->status = status;
    return weft_fail(import->error, status, "%s: %s", import->file, cause);
}

weft_status weft_onnx_no_memory(struct weft_onnx *import)
{
    if (import->memory.exceeded) {
        return weft_onnx_fail(import, WEFT_E_FORMAT,
                              "asks for more than %zu bytes of memory, which its size does not explain",
                              import->memory.limit);
    }
    return weft_onnx_fail(import, WEFT_E_MEMORY, "not enough memory to import it");
}

void weft_onnx_report(struct weft_onnx *import, weft_status status, const char *format, ...)
{
    char line[768];
    va_list list;
    va_start(list, format);
    vsnprintf(line, sizeof line, format, list);
    va_end(list);
    /* Damage outweighs what is merely not supported. */
    if (import->status != WEFT_E_FORMAT) {
        import->status = status;
    }
    weft_error *error = import->error;
    if (error) {
        error->text[import->problems ? strlen(error->text) : 0] = '\0';
        size_t needed = strlen(error->text) + strlen(import->file) + strlen(line) + 4 + TAIL;
        if (import->lines == import->problems && needed < sizeof error->text) {
            weft_fail_more(error, "%s: %s", import->file, line);
            import->lines++;
        }
    }
    import->problems++;
}

weft_status weft_onnx_close_report(struct weft_onnx *import)
{
    int more = import->problems - import->lines;
    if (more > 0) {
        weft_fail_more(import->error, "... and %d more", more);
    }
    return import->status;
}

static void report_node(const struct weft_onnx_node *node, weft_status status, const char *cause)
{
    char name[128], operator[64];
    weft_onnx_report(node->import, status, "node '%s' (%s): %s",
                     weft_onnx_printable(node->name, name, sizeof name),
                     weft_onnx_printable(node->proto->op_type ? node->proto->op_type : "", operator, sizeof operator),
                     cause);
}

weft_status weft_onnx_refuse(const struct weft_onnx_node *node, const char *format, ...)
{
    char cause[512];
    va_list list;
    va_start(list, format);
    vsnprintf(cause, sizeof cause, format, list);
    va_end(list);
    report_node(node, WEFT_E_UNSUPPORTED, cause);
    return WEFT_E_UNSUPPORTED;
}

weft_status weft_onnx_damage(const struct weft_onnx_node *node, const char *format, ...)
{
    char cause[512];
    va_list list;
    va_start(list, format);
    vsnprintf(cause, sizeof cause, format, list);
    va_end(list);
    report_node(node, WEFT_E_FORMAT, cause);
    return WEFT_E_FORMAT;
}
