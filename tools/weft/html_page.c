#include "html_page.h"

#include <weft/bench.h>

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1c2430;--dim:#5c6675;--line:#d9dfe8;--soft:#f3f5f9;--paper:#fff;\n"
    "--blue:#3b6fb5;--orange:#c9761a;--red:#b3261e;--green:#2f7d4f;--shade:#1c243033}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e4e8ee;--dim:#9aa5b4;--line:#363e4a;--soft:#1f252e;\n"
    "--paper:#151a21;--blue:#6ea2e6;--orange:#e5a04d;--red:#f0837a;--green:#6cc08f;--shade:#0009}}\n"
    "*{box-sizing:border-box}body{font:14px/1.45 system-ui,sans-serif;margin:0 auto;max-width:1240px;padding:20px;\n"
    "color:var(--ink);background:var(--paper);-webkit-print-color-adjust:exact;print-color-adjust:exact}\n"
    "h1{font-size:22px;margin:0 0 2px}h2{font-size:17px;margin:30px 0 6px}h3{font-size:14px;margin:0}\n"
    "h1,h3,small,.dim{overflow-wrap:anywhere}p{max-width:75ch;margin:4px 0 10px}.dim,small{color:var(--dim)}\n"
    ".bad{color:var(--red)}\n"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(132px,1fr));gap:10px;margin:14px 0}\n"
    ".tile{border:1px solid var(--line);border-radius:8px;padding:8px 14px;color:var(--dim)}\n"
    ".tile b{display:block;font-size:19px;color:var(--ink)}\n"
    /* a shade at an edge says that there is more that way; covers that scroll along hide it where there is not */
    ".wide{overflow-x:auto;background:\n"
    "linear-gradient(90deg,var(--paper) 40%,transparent) 0/40px 100% no-repeat local,\n"
    "linear-gradient(270deg,var(--paper) 40%,transparent) 100%/40px 100% no-repeat local,\n"
    "linear-gradient(90deg,var(--shade),transparent) 0/14px 100% no-repeat,\n"
    "linear-gradient(270deg,var(--shade),transparent) 100%/14px 100% no-repeat}.wide svg{min-width:820px}\n"
    "table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}\n"
    "th,td{padding:3px 6px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}\n"
    "thead{background:var(--soft)}tbody tr:hover,tbody tr:hover .n{background:var(--soft)}\n"
    ".l,.n{text-align:left}.l{padding-left:7px}\n"
    ".n{position:sticky;left:0;background:var(--paper);max-width:min(320px,40vw);overflow:hidden;\n"
    "text-overflow:ellipsis}\n"
    "th.n{background:var(--soft)}\n"
    ".facts td{white-space:normal;overflow-wrap:anywhere}.facts td:first-child{width:130px}\n"
    ".cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,340px),1fr));gap:14px}\n"
    ".card{border:1px solid var(--line);border-radius:8px;padding:10px 12px}.ends{display:flex;font-size:11px;\n"
    "justify-content:space-between;color:var(--dim);margin-bottom:4px}svg{display:block;width:100%;margin-top:6px}\n"
    ".bar{display:grid;grid-template-columns:minmax(90px,22%) 1fr 132px;gap:8px;align-items:center;font-size:12px;\n"
    "line-height:19px}.bar>span:first-child{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}\n"
    ".bar>span:last-child{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}\n"
    ".bar i{display:block;height:11px;border-radius:2px;background:var(--blue);min-width:1px}\n"
    ".bar i.m{background:var(--orange)}.bar:hover{background:var(--soft)}\n"
    ".key{font-size:12px;color:var(--dim);margin-bottom:4px}.key i{display:inline-block;width:10px;height:10px;\n"
    "margin-right:4px;background:var(--blue)}.key i.m{background:var(--orange);margin-left:14px}\n"
    "svg text{font:11px system-ui,sans-serif;fill:var(--dim)}.grid{stroke:var(--line)}\n"
    ".roof{stroke:var(--dim);fill:none}\n"
    "svg .halo{paint-order:stroke;stroke:var(--paper);stroke-width:8px;stroke-linejoin:round}\n"
    ".c{fill:var(--blue)}.m{fill:var(--orange)}.med{stroke:var(--red)}.p90{stroke:var(--green)}\n"
    ".one{stroke:var(--ink);stroke-dasharray:3 3}\n"
    "@media(max-width:600px){body{padding:14px}.bar{grid-template-columns:1fr auto;gap:0 8px;margin-bottom:4px}\n"
    ".bar>span:nth-child(2){order:3;grid-column:1/-1}}\n";

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
    fputs("</h1>\n", to);
    if (subtitle[0]) {
        fputs("<div class=\"dim\">", to);
        html_text(to, subtitle);
        fputs("</div>\n", to);
    }
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
        fprintf(to, "<tr><td class=\"l dim\">%s</td><td class=\"l\">", name);
        html_text(to, value);
        fputs("</td></tr>\n", to);
    }
}

void html_end(FILE *to)
{
    struct weft_bench_environment e;
    char text[64];
    weft_bench_environment(&e);
    fputs("<h2>Measured on</h2><table class=\"facts\">\n", to);
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
    fputs("</table></body></html>\n", to);
}
