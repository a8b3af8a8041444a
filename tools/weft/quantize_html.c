/* The quantizer's report as one page: tables and drawings are made by the script in it from the numbers in it, so that
 * it needs no network. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "quantize_table.h"

static const char head[] =
    "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\n"
    "<style>\n"
    "body{font:14px/1.45 system-ui,sans-serif;margin:0 auto;max-width:1240px;padding:24px;color:#1c2430;"
    "background:#fff}\n"
    "h1{font-size:22px;margin:0 0 4px}h2{font-size:17px;margin:32px 0 8px}p{max-width:75ch}small,.dim{color:#667}\n"
    ".tiles{display:flex;flex-wrap:wrap;gap:12px;margin:16px 0}.tile{border:1px solid "
    "#d7dde6;border-radius:8px;padding:10px 16px;min-width:120px}.tile b{display:block;font-size:20px}.bad "
    "b{color:#b3261e}\n"
    "table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:12px}\n"
    "th,td{padding:3px 5px;text-align:right;border-bottom:1px solid "
    "#e6eaf0;white-space:nowrap}th{background:#f4f6f9;position:sticky;top:0}td:first-child,th:first-child,.l{"
    "text-align:left}td:first-child{max-width:220px;overflow:hidden;text-overflow:ellipsis;position:sticky;left:0;"
    "background:#fff}tr:hover td{background:#f7f9fc}\n"
    ".plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(350px,100%),1fr));gap:14px}\n"
    ".plot{border:1px solid #e0e5ec;border-radius:8px;padding:8px 10px}.plot "
    "h3{font-size:13px;margin:0;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}svg{display:block;width:100%;"
    "height:auto}text{font:10px system-ui,sans-serif;fill:#556}\n.key "
    "span{display:inline-block;width:10px;height:10px;margin:0 4px 0 12px}\n"
    ".wide{overflow-x:auto}.wide svg{min-width:760px}\n"
    "@media(max-width:600px){body{padding:14px}.tile{min-width:90px;padding:8px "
    "12px}td:first-child,th:first-child{max-width:130px}}\n"
    "</style>\n";

static const char body[] =
    "<h1 id=title></h1><div class=dim id=sub></div><div class=tiles id=tiles></div>\n"
    "<h2>Signal to quantization noise, layer by layer</h2><p><small>Higher is better; 6 dB is one bit. Orange: the "
    "weights alone. Blue: the layer's output in the quantized network against the float network, everything before it "
    "included.</small></p>\n"
    "<div class=wide id=chart></div>\n"
    "<h2>Layers and edges</h2><p><small>An edge is the tensor that a layer makes. c4/15 is four bits, fifteen levels; "
    "a log edge of 31 has 31 magnitudes beside zero. Sensitivity: how much of the output's noise the layer's rounding "
    "alone causes, at four bits (edges: 15 magnitudes), as a share of the largest. b: the bias is "
    "corrected.</small></p><div class=wide><table id=table></table></div>\n"
    "<h2>Weights</h2><p><small>Histogram of each layer's float weights in units of its codebook's integers (every "
    "output channel has its own scale); the red lines are the codebook. Counts are on a square-root "
    "scale.</small></p><div class=plots id=weights></div>\n"
    "<h2>Activations</h2><p><small>Histogram of the magnitudes over all calibration inputs, by powers of two, zeros "
    "left out; the red lines are the code values.</small></p><div class=plots id=acts></div>\n";

static const char script[] =
    "<script>\n"
    "const $=i=>document.getElementById(i),N='http://www.w3.org/2000/svg';\n"
    "const f=(x,d)=>x===null?'\\u2013':x.toFixed(d);\n"
    "function el(p,t,a,s){const e=document.createElementNS(N,t);for(const k in "
    "a)e.setAttribute(k,a[k]);if(s!==undefined)e.textContent=s;p.appendChild(e);return e}\n"
    "function svg(p,w,h){return el(p,'svg',{viewBox:`0 0 ${w} ${h}`})}\n"
    "function tip(e,s){el(e,'title',{},s)}\n"
    "const esc=s=>s.replace(/[&<>\"']/g,c=>`&#${c.charCodeAt(0)};`);\n"
    "$('title').textContent=D.title;$('sub').textContent=D.provenance;document.title=D.title;\n"
    "function tile(v,l,bad){$('tiles').insertAdjacentHTML('beforeend',`<div class='tile "
    "${bad?'bad':''}'><b>${v}</b>${l}</div>`)}\n"
    "tile(f(D.bits,2),'bits per weight');tile((D.bytes/1024).toFixed(1)+' KiB','of bins');tile(f(D.drop,2)+' \\u00b1 "
    "'+f(D.error,2),'estimated drop, points',!D.within);tile(f(D.agreement,1)+' %','agreement');tile(f(D.sqnr,1)+' "
    "dB','SQNR of the output');tile(D.images,'calibration inputs');tile(D.rounds,'rounds of search');\n"
    "{const L=D.rows.filter(r=>r.w),H=220,W=1100,g=svg($('chart'),W,H+14),m=Math.max(10,...L.flatMap(r=>[r.w.sw||0,"
    "r.w.so||0])),b=(W-40)/Math.max(1,L.length),y=v=>H-20-v/m*(H-30);\n"
    "for(let v=0;v<=m;v+=10){el(g,'line',{x1:34,x2:W,y1:y(v),y2:y(v),stroke:'#e3e8ef'});el(g,'text',{x:28,y:y(v)+3,"
    "'text-anchor':'end'},v+' dB')}\n"
    "L.forEach((r,i)=>{const x=36+i*b;[['sw','#e0912f',0],['so','#3b6fb5',.42]].forEach(([k,c,o])=>{const "
    "v=r.w[k];if(v===null)return;const e=el(g,'rect',{x:x+o*b,y:y(v),width:Math.max(1,b*.4),height:Math.max(0,H-20-y(v)"
    "),fill:c});tip(e,`${r.n}: ${k=='sw'?'weights':'output'} ${f(v,1)} dB "
    "(${r.w.f})`)});if(b>14)el(g,'text',{x:x+b*.4,y:H-8,'text-anchor':'middle'},i+1)})}\n"
    "{let h='<tr><th>layer<th class=l>op<th>weights<th>number<th>levels<th>|Q|<th>entropy<th>SQNR<th>zeros<th "
    "class=l>head room<th>sens.<th class=l>edge<th>step<th>T max<th>SQNR<th>zeros<th>at top<th>sens.<th>SQNR all';\n"
    "let k=0;for(const r of D.rows){const w=r.w,p=x=>x===null?'\\u2013':(100*x).toFixed(1)+' %';h+=`<tr><td "
    "title='${esc(r.n)}'>${w?++k+'. ':''}${esc(r.n)}<td class=l>${r.op}`+(w?`<td>${w.f}<td>${w.n}<td>${w.l}<td>${w.q}"
    "<td>${w.e===null?'\\u2013':w.e.toPrecision(3)}<td>${f(w.sw,1)}<td>${p(w.z)}<td class=l>${w.h}${w.b?' <span "
    "title=\"bias corrected\">b</span>':''}<td>${w.s===null?'\\u2013':p(w.s*w.g/D.top)}`:'<td><td><td><td><td><td><td>"
    "<td><td>')+`<td class=l>${r.f}<td>${r.st||''}<td>${r.t||''}<td>${f(r.q,1)}<td>${p(r.z)}<td>${p(r.sa)}<td>${"
    "r.s===null?'\\u2013':p(r.s*r.g/D.top)}<td>${w?f(w.so,1):''}`}$('table').innerHTML=h}\n"
    "function box(id,t,d){const e=document.createElement('div');e.className='plot';e.innerHTML=`<h3 "
    "title='${esc(t)}'>${esc(t)}</h3><small>${d}</small>`;$(id).appendChild(e);return e}\n"
    "function bars(g,h,W,H){const m=Math.sqrt(Math.max(1,...h));h.forEach((v,i)=>{if(v)el(g,'rect',{x:i*W/h.length,"
    "y:H-Math.sqrt(v)/m*H,width:W/h.length+.1,height:Math.sqrt(v)/m*H,fill:'#9db7d8'})})}\n"
    "let k2=0;for(const r of D.rows){const w=r.w,W=340,H=100;if(w){const e=box('weights',(++k2)+'. '+r.n,`${w.f}, "
    "${w.n} weights, SQNR ${f(w.sw,1)} dB`),g=svg(e,W,H+14);bars(g,w.hist,W,H);const x=v=>(v/w.top+1)/2*W;for(const q "
    "of w.book)el(g,'line',{x1:x(q),x2:x(q),y1:0,y2:H,stroke:'#b3261e','stroke-width':.8});[-w.q,0,w.q].forEach(q=>"
    "el(g,'text',{x:x(q),y:H+11,'text-anchor':'middle'},q))}\n"
    "if(r.v){const e=box('acts',r.n,`${r.f}, SQNR ${f(r.q,1)} dB`),g=svg(e,W,H+14),n=r.hist.length,lo=r.top-n/8;let "
    "first=r.hist.findIndex((v,i)=>i>0&&v>0);first=Math.max(0,Math.min(first<0?0:first,n-40));const "
    "h=r.hist.slice(first);if(first==0)h[0]=0;bars(g,h,W,H);const "
    "x0=lo+first/8,x=v=>(Math.log2(v)-x0)/(r.top-x0)*W;for(const v of "
    "r.v)if(x(v)>=0)el(g,'line',{x1:x(v),x2:x(v),y1:0,y2:H,stroke:'#b3261e','stroke-width':r.v.length>40?.4:.8});"
    "for(let p=Math.ceil(x0);p<=r.top;p+=Math.max(1,Math.round((r.top-x0)/7)))el(g,'text',{x:(p-x0)/(r.top-x0)*W,"
    "y:H+11,'text-anchor':'middle'},'2^'+p)}}\n"
    "</script></html>\n";

static void put_text(FILE *file, const char *text)
{
    fputc('"', file);
    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        if (*c < 32 || *c == '"' || *c == '\\' || *c == '<') {
            fprintf(file, "\\u%04x", *c);
        } else {
            fputc(*c, file);
        }
    }
    fputc('"', file);
}

/* `,key:value`, null where it is no number. */
static void put(FILE *file, const char *key, double value)
{
    if (isfinite(value)) {
        fprintf(file, ",%s:%.6g", key, value);
    } else {
        fprintf(file, ",%s:null", key);
    }
}

static void put_counts(FILE *file, const char *key, const uint32_t *counts)
{
    fprintf(file, ",%s:[", key);
    for (int i = 0; i < WEFT_REPORT_BINS; i++) {
        fprintf(file, "%s%u", i ? "," : "", counts[i]);
    }
    fputc(']', file);
}

static void put_layer(FILE *file, const weft_layer_info *info, const weft_report_layer *l)
{
    static const char *const rooms[] = {"", "F(2,3)", "F(2x2,3x3)"};
    fprintf(file, ",w:{f:\"c%d\",n:%lld,l:%d,q:%d,h:\"%s\",b:%d", l->bits, (long long)l->weights, l->levels,
            l->codebook_max, rooms[l->headroom], l->bias_corrected);
    put(file, "e", l->entropy);
    put(file, "sw", l->sqnr_weights);
    put(file, "so", l->sqnr_output);
    put(file, "z", l->zeros);
    put(file, "s", l->sensitivity);
    put(file, "g", l->sensitivity_noise);
    put(file, "top", (double)l->histogram_top);
    put_counts(file, "hist", l->histogram);
    fputs(",book:[", file);
    for (int b = 0; b < info->codebook_size; b++) {
        fprintf(file, "%s%d", b ? "," : "", info->codebook[b]);
    }
    fputs("]}", file);
}

static void put_row(FILE *file, const weft_model *model, const weft_quantize_report *r, const weft_report_edge *e)
{
    weft_layer_info info = {.name = "(input)", .op = ""};
    if (e->layer >= 0) {
        weft_model_layer(model, e->layer, &info);
    }
    fputs("{n:", file);
    put_text(file, info.name);
    fputs(",op:", file);
    put_text(file, info.op);
    for (int i = 0; i < r->layers_count; i++) {
        if (r->layers[i].layer == e->layer) {
            put_layer(file, &info, &r->layers[i]);
        }
    }
    bool coded = strcmp(e->format, "float") != 0;
    fprintf(file, ",f:\"%s%s", e->is_signed ? "\\u00b1" : "", e->format);
    fprintf(file, coded ? " %d\",st:%d,t:%d" : "\"", e->magnitudes, e->step, e->table_max);
    put(file, "q", e->sqnr);
    put(file, "z", e->zeros);
    put(file, "sa", e->saturated);
    put(file, "s", e->sensitivity);
    put(file, "g", e->sensitivity_noise);
    if (coded) {
        put(file, "top", (double)e->histogram_top);
        put_counts(file, "hist", e->histogram);
        fputs(",v:[", file);
        for (int m = 1; m <= e->magnitudes; m++) {
            fprintf(file, "%s%.5g", m > 1 ? "," : "", (double)e->values[m]);
        }
        fputc(']', file);
    }
    fputs("},\n", file);
}

/* The largest share of the output's noise that one rounding alone caused. */
static double largest_sensitivity(const weft_quantize_report *r)
{
    double most = 1e-300;
    for (int i = 0; i < r->layers_count; i++) {
        most = fmax(most, r->layers[i].sensitivity * r->layers[i].sensitivity_noise);
    }
    for (int i = 0; i < r->edges_count; i++) {
        most = fmax(most, r->edges[i].sensitivity * r->edges[i].sensitivity_noise);
    }
    return most;
}

bool quantize_html(const char *path, const char *title, const weft_model *model, const weft_quantize_report *r,
                   char *why, size_t why_size)
{
    struct output out;
    weft_model_info info;
    weft_model_describe(model, &info);
    if (!output_open(&out, path, why, why_size)) {
        return false;
    }
    fputs(head, out.file);
    fputs(body, out.file);
    fputs("<script>const D={title:", out.file);
    put_text(out.file, title);
    fputs(",provenance:", out.file);
    put_text(out.file, info.provenance);
    put(out.file, "bits", r->average_bits);
    put(out.file, "bytes", (double)r->weight_bytes);
    put(out.file, "drop", r->drop);
    put(out.file, "error", r->drop_error);
    put(out.file, "agreement", 100 * r->agreement);
    put(out.file, "sqnr", r->sqnr);
    put(out.file, "images", r->images);
    put(out.file, "rounds", r->rounds);
    put(out.file, "within", r->within_budget);
    put(out.file, "top", largest_sensitivity(r));
    fputs(",rows:[\n", out.file);
    for (int i = 0; i < r->edges_count; i++) {
        put_row(out.file, model, r, &r->edges[i]);
    }
    fputs("]}</script>\n", out.file);
    fputs(script, out.file);
    return output_close(&out, why, why_size);
}
