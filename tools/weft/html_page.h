/* weft command: pages that need no network: one file, styles and drawings in it, light and dark. */
#ifndef WEFT_TOOLS_HTML_PAGE_H
#define WEFT_TOOLS_HTML_PAGE_H

#include <stdio.h>

/* Text as text, in content and in quoted attributes. */
void html_text(FILE *to, const char *text);
void html_begin(FILE *to, const char *title, const char *subtitle);
/* A figure with what it is below it. */
void html_tile(FILE *to, const char *figure, const char *what);
/* What was measured on, and the end of the page. */
void html_end(FILE *to);

#endif
