#include "html_page.h"

#include <weft/bench.h>

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1c2430;--dim:#5c6675;--line:#d9dfe8;--soft:#f3f5f9;--paper:#fff;--blue:#3b6fb5;"
    "--orange:#c9761a;--red:#b3261e;--green:#2f7d4f}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e8ee;--dim:#9aa5b4;--line:#363e4a;--soft:#1f252e;--paper:#151a21;"
    "--blue:#6ea2e6;--orange:#e5a04d;--red:#f0837a;--green:#6cc08f}}\n"
    "*{box-sizing:border-box}body{font:14px/1.45 system-ui,sans-serif;margin:0 auto;max-width:1180px;padding:20px;"
    "color:var(--ink);background:var(--paper)}\n"
    "h1{font-size:22px;margin:0 0 2px;overflow-wrap:anywhere}h2{font-size:17px;margin:30px 0 6px}h3{font-size:14px;margin:0;"
    "overflow-wrap:anywhere}p{max-width:75ch;margin:4px 0 10px}.dim,small{color:var(--dim)}.bad{color:var(--red)}\n"
    ".tiles{display:flex;flex-wrap:wrap;gap:10px;margin:14px 0}.tile{border:1px solid var(--line);border-radius:8px;"
    "padding:8px 14px;min-width:104px;color:var(--dim)}.tile b{display:block;font-size:19px;color:var(--ink)}\n"
    ".wide{overflow-x:auto}.wide svg{min-width:600px}table{border-collapse:collapse;width:100%;font-size:13px;"
    "font-variant-numeric:tabular-nums}th,td{padding:3px 8px;text-align:right;border-bottom:1px solid var(--line);"
    "white-space:nowrap}th{background:var(--soft)}.l{text-align:left}tbody tr:hover td{background:var(--soft)}\n"
    ".cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr));gap:14px}.card{border:1px solid "
    "var(--line);border-radius:8px;padding:10px 12px}.ends{display:flex;justify-content:space-between;font-size:11px;"
    "color:var(--dim)}svg{display:block;width:100%}\n"
    ".bar{display:grid;grid-template-columns:minmax(90px,22%) 1fr 112px;gap:8px;align-items:center;font-size:12px;line-height:19px}"
    ".bar>span:first-child{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.bar>span:last-child{text-align:right;"
    "font-variant-numeric:tabular-nums}.bar i{display:block;height:11px;border-radius:2px;background:var(--blue);min-width:1px}"
    ".bar i.m{background:var(--orange)}.bar:hover{background:var(--soft)}\n"
    ".key{font-size:12px;color:var(--dim)}.key i{display:inline-block;width:10px;height:10px;margin:0 4px 0 10px;background:"
    "var(--blue)}.key i.m{background:var(--orange)}\n"
    "svg text{font:11px system-ui,sans-serif;fill:var(--dim)}.grid{stroke:var(--line)}.roof{stroke:var(--dim);fill:none}"
    ".c{fill:var(--blue)}.m{fill:var(--orange)}.med{stroke:var(--red)}.p90{stroke:var(--green)}\n";

void html_text(FILE *to, const char *text)
{
    for (const char *c = text; *c; c++) {
        switch (*c) {
        case '&': fputs("&amp;", to); break;
        case '<': fputs("&lt;", to); break;
        case '>': fputs("&gt;", to); break;
        case '"': fputs("&quot;", to); break;
        case '\'': fputs("&#39;", to); break;
        default: fputc((unsigned char)*c < 32 ? ' ' : *c, to); break;
        }
    }
}

void html_begin(FILE *to, const char *title, const char *subtitle)
{
    fputs("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
          "content=\"width=device-width,initial-scale=1\"><title>", to);
    html_text(to, title);
    fprintf(to, "</title>\n<style>\n%s</style></head>\n<body><h1>", style);
    html_text(to, title);
    fputs("</h1><div class=\"dim\">", to);
    html_text(to, subtitle);
    fputs("</div>\n", to);
}

void html_tile(FILE *to, const char *figure, const char *what)
{
    fputs("<div class=\"tile\"><b>", to);
    html_text(to, figure);
    fputs("</b>", to);
    html_text(to, what);
    fputs("</div>\n", to);
}

static void fact(FILE *to, const char *name, const char *value)
{
    if (value[0]) {
        fprintf(to, "<tr><td class=\"l dim\">%s</td><td class=\"l\" style=\"white-space:normal\">", name);
        html_text(to, value);
        fputs("</td></tr>\n", to);
    }
}

void html_end(FILE *to)
{
    struct weft_bench_environment e;
    char text[64];
    weft_bench_environment(&e);
    fputs("<h2>Measured on</h2><div class=\"wide\"><table>\n", to);
    fact(to, "processor", e.cpu);
    fact(to, "instruction sets", e.isa);
    fact(to, "caches", e.caches);
    snprintf(text, sizeof text, "%d usable of %d physical", e.cores_usable, e.cores_physical);
    fact(to, "cores", text);
    fact(to, "processors", e.pinned);
    fact(to, "governor", e.governor);
    snprintf(text, sizeof text, "%.2f", e.load_average);
    fact(to, "load average", text);
    fact(to, "system", e.os);
    fact(to, "compiler", e.compiler);
    fact(to, "flags", e.flags);
    fact(to, "weft", weft_version());
    fact(to, "revision", e.revision);
    fact(to, "date", e.date);
    fputs("</table></div></body></html>\n", to);
}
