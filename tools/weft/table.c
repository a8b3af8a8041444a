#include "table.h"

#include <string.h>

static const char *shown(const char *column)
{
    return column + (column[0] == '<');
}

void table_markdown_head(FILE *to, const char *const *columns)
{
    for (int i = 0; columns[i]; i++) {
        fprintf(to, "| %s ", shown(columns[i]));
    }
    fputs("|\n", to);
    for (int i = 0; columns[i]; i++) {
        fputs(columns[i][0] == '<' ? "|---" : "|--:", to);
    }
    fputs("|\n", to);
}

/* A bar would end the cell, a line end the row; the others begin HTML, code and links. */
int table_markdown_text(FILE *to, const char *text)
{
    int count = 0;
    for (; *text; text++, count++) {
        if (strchr("|\\<&`[", *text)) {
            fputc('\\', to);
            count++;
        }
        fputc((unsigned char)*text < 32 ? ' ' : *text, to);
    }
    return count;
}

void table_markdown_row(FILE *to, const char *const *cells, int count)
{
    for (int i = 0; i < count; i++) {
        fputs("| ", to);
        table_markdown_text(to, cells[i]);
        fputc(' ', to);
    }
    fputs("|\n", to);
    fflush(to);
}

/* RFC 4180: quoted where a comma, a quote or a line end is inside. */
static void csv_cell(FILE *to, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, to);
        return;
    }
    fputc('"', to);
    for (; *text; text++) {
        if (*text == '"') {
            fputc('"', to);
        }
        fputc(*text, to);
    }
    fputc('"', to);
}

void table_csv_head(FILE *to, const char *const *columns)
{
    for (int i = 0; columns[i]; i++) {
        fputs(i ? "," : "", to);
        csv_cell(to, shown(columns[i]));
    }
    fputs("\n", to);
}

void table_csv_row(FILE *to, const char *const *cells, int count)
{
    for (int i = 0; i < count; i++) {
        fputs(i ? "," : "", to);
        csv_cell(to, cells[i]);
    }
    fputs("\n", to);
    fflush(to);
}
