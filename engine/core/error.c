#include "core/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

weft_status weft_fail(weft_error *error, weft_status status, const char *format, ...)
{
    if (error) {
        va_list list;
        va_start(list, format);
        vsnprintf(error->text, sizeof error->text, format, list);
        va_end(list);
    }
    return status;
}

void weft_fail_more(weft_error *error, const char *format, ...)
{
    if (!error) {
        return;
    }
    size_t used = strlen(error->text);
    if (used + 2 >= sizeof error->text) {
        return;
    }
    if (used > 0) {
        error->text[used++] = '\n';
    }
    va_list list;
    va_start(list, format);
    vsnprintf(error->text + used, sizeof error->text - used, format, list);
    va_end(list);
}

const char *weft_status_name(weft_status status)
{
    switch (status) {
    case WEFT_OK: return "ok";
    case WEFT_E_ARGUMENT: return "bad argument";
    case WEFT_E_MEMORY: return "out of memory";
    case WEFT_E_IO: return "input or output error";
    case WEFT_E_FORMAT: return "damaged or foreign file";
    case WEFT_E_VERSION: return "newer file format";
    case WEFT_E_UNSUPPORTED: return "not supported";
    case WEFT_E_ISA: return "instruction set not available";
    case WEFT_E_RANGE: return "numbers out of range";
    case WEFT_E_MISMATCH: return "results differ";
    case WEFT_E_CANCELLED: return "cancelled";
    }
    return "unknown status";
}

const char *weft_version(void)
{
    return WEFT_VERSION_STRING;
}
