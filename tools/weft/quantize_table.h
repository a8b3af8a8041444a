/* weft command: the report of the quantizer as a table for people, as JSON, and as a page of HTML. */
#ifndef WEFT_TOOLS_QUANTIZE_TABLE_H
#define WEFT_TOOLS_QUANTIZE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include <weft/convert.h>

#include "report.h"

/* To standard output. */
void quantize_print(const weft_model *model, const weft_quantize_report *r);
void quantize_json(struct report *report, const char *path, const weft_model *model, const weft_quantize_report *r);
/* One self-contained file; on failure a line in `why`. */
bool quantize_html(const char *path, const char *title, const weft_model *model, const weft_quantize_report *r,
                   char *why, size_t why_size);

#endif
