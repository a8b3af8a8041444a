/* weft command: rows of cells as Markdown and as CSV. */
#ifndef WEFT_TOOLS_TABLE_H
#define WEFT_TOOLS_TABLE_H

#include <stdio.h>

/* `columns` ends with NULL; a name that begins with '<' (not shown) holds text, aligned left, the others numbers. */
void table_markdown_head(FILE *to, const char *const *columns);
void table_csv_head(FILE *to, const char *const *columns);
/* Text as text, in a cell; how many bytes that took. */
int table_markdown_text(FILE *to, const char *text);
/* As many cells as columns. What would end a cell is escaped. Written through at once. */
void table_markdown_row(FILE *to, const char *const *cells, int count);
void table_csv_row(FILE *to, const char *const *cells, int count);

#endif
