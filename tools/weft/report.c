#include "report.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <weft/bench.h>

#include "output.h"
#include "text_fit.h"

#if WEFT_HAVE_CJSON
#include <cjson/cJSON.h>

struct report {
    const char *path;
    cJSON *root, *results, *result, *current;
    bool lines;
    FILE *file;    /* of lines, from the first one on */
    char why[512]; /* what went wrong with them */
};

static void add_environment(cJSON *to)
{
    struct weft_bench_environment e;
    weft_bench_environment(&e);
    cJSON_AddStringToObject(to, "weft", weft_version());
    cJSON_AddStringToObject(to, "revision", e.revision);
    cJSON_AddStringToObject(to, "date", e.date);
    cJSON_AddStringToObject(to, "cpu", e.cpu);
    cJSON_AddStringToObject(to, "isa", e.isa);
    cJSON_AddStringToObject(to, "caches", e.caches);
    cJSON_AddStringToObject(to, "clusters", e.clusters);
    cJSON_AddStringToObject(to, "processors", e.pinned);
    cJSON_AddNumberToObject(to, "temperature_c", e.temperature);
    cJSON_AddNumberToObject(to, "throttled", (double)e.throttled);
    cJSON_AddNumberToObject(to, "cores_physical", e.cores_physical);
    cJSON_AddNumberToObject(to, "cores_usable", e.cores_usable);
    cJSON_AddNumberToObject(to, "mhz", e.mhz);
    cJSON_AddStringToObject(to, "governor", e.governor);
    cJSON_AddNumberToObject(to, "load_average", e.load_average);
    cJSON_AddStringToObject(to, "os", e.os);
    cJSON_AddStringToObject(to, "compiler", e.compiler);
    cJSON_AddStringToObject(to, "flags", e.flags);
}

static bool open_as(const struct verb *verb, const char *path, bool lines, struct report **report)
{
    char why[512];
    *report = NULL;
    if (!path) {
        return true;
    }
    if (!output_check(path, why, sizeof why)) {
        args_fail(verb, "--%s %s", lines ? "jsonl" : "json", why);
        return false;
    }
    struct report *r = calloc(1, sizeof *r);
    if (!r || !(r->root = cJSON_CreateObject())) {
        free(r);
        args_fail(verb, "memory is short");
        return false;
    }
    r->path = path;
    r->lines = lines;
    cJSON_AddStringToObject(r->root, "kind", verb->name);
    cJSON_AddNumberToObject(r->root, "format", REPORT_FORMAT);
    add_environment(cJSON_AddObjectToObject(r->root, "environment"));
    r->results = cJSON_AddArrayToObject(r->root, "results");
    *report = r;
    return true;
}

bool report_open(const struct verb *verb, const char *path, struct report **report)
{
    return open_as(verb, path, false, report);
}

bool report_open_lines(const struct verb *verb, const char *path, struct report **report)
{
    return open_as(verb, path, true, report);
}

/* Nothing is written after the first failure. */
void report_line(struct report *r)
{
    if (!r || !r->lines || r->why[0] || cJSON_GetArraySize(r->results) == 0) {
        return;
    }
    cJSON *environment = cJSON_CreateObject(), *results = cJSON_CreateArray();
    add_environment(environment);
    cJSON_ReplaceItemInObjectCaseSensitive(r->root, "environment", environment);
    char *text = cJSON_PrintUnformatted(r->root);
    if (!r->file) {
        r->file = strcmp(r->path, "-") == 0 ? stdout : fopen(r->path, "wb");
    }
    if (!text) {
        snprintf(r->why, sizeof r->why, "memory is short");
    } else if (!r->file || fprintf(r->file, "%s\n", text) < 0 || fflush(r->file) != 0) {
        snprintf(r->why, sizeof r->why, "%s: cannot write here: %s", r->path, strerror(errno));
    }
    cJSON_free(text);
    cJSON_ReplaceItemInObjectCaseSensitive(r->root, "results", results);
    r->results = results;
    r->result = r->current = NULL;
}

void report_kind(struct report *report, const char *kind)
{
    if (report) {
        cJSON_ReplaceItemInObjectCaseSensitive(report->root, "kind", cJSON_CreateString(kind));
    }
}

void report_result(struct report *report)
{
    if (report) {
        report->result = report->current = cJSON_CreateObject();
        cJSON_AddItemToArray(report->results, report->result);
    }
}

void report_text(struct report *report, const char *key, const char *value)
{
    char *mended = report ? utf8_mend(value) : NULL; /* the name of a file may be any bytes */
    if (mended) {
        cJSON_AddStringToObject(report->current, key, mended);
    }
    free(mended);
}

void report_number(struct report *report, const char *key, double value)
{
    if (!report) {
        return;
    }
    if (isfinite(value)) {
        cJSON_AddNumberToObject(report->current, key, value);
    } else {
        cJSON_AddNullToObject(report->current, key);
    }
}

void report_bool(struct report *report, const char *key, bool value)
{
    if (report) {
        cJSON_AddBoolToObject(report->current, key, value);
    }
}

void report_numbers(struct report *report, const char *key, const double *values, int count, double factor)
{
    if (!report) {
        return;
    }
    cJSON *array = cJSON_AddArrayToObject(report->current, key);
    for (int i = 0; i < count; i++) {
        cJSON_AddItemToArray(array, cJSON_CreateNumber(factor * values[i]));
    }
}

void report_item(struct report *report, const char *array)
{
    if (!report) {
        return;
    }
    cJSON *items = cJSON_GetObjectItemCaseSensitive(report->result, array);
    if (!items) {
        items = cJSON_AddArrayToObject(report->result, array);
    }
    report->current = cJSON_CreateObject();
    cJSON_AddItemToArray(items, report->current);
}

void report_summary(struct report *report)
{
    if (report) {
        report->current = cJSON_AddObjectToObject(report->root, "summary");
    }
}

static int close_lines(const struct verb *verb, struct report *report, int exit_code)
{
    report_line(report);
    if (report->file && report->file != stdout && fclose(report->file) != 0 && !report->why[0]) {
        snprintf(report->why, sizeof report->why, "%s: writing failed: %s", report->path, strerror(errno));
    }
    if (report->why[0]) {
        exit_code = args_fail(verb, "%s", report->why);
    }
    cJSON_Delete(report->root);
    free(report);
    return exit_code;
}

int report_close(const struct verb *verb, struct report *report, int exit_code)
{
    char why[512];
    struct output out;
    if (!report) {
        return exit_code;
    }
    if (report->lines) {
        return close_lines(verb, report, exit_code);
    }
    if (exit_code == EXIT_BAD_USE && cJSON_GetArraySize(report->results) == 0) {
        cJSON_Delete(report->root);
        free(report);
        return exit_code;
    }
    char *text = cJSON_Print(report->root);
    bool fine = text && output_open(&out, report->path, why, sizeof why);
    if (fine) {
        fputs(text, out.file);
        fputc('\n', out.file);
        fine = output_close(&out, why, sizeof why);
    } else if (!text) {
        snprintf(why, sizeof why, "memory is short");
    }
    if (!fine) {
        exit_code = args_fail(verb, "%s", why);
    }
    cJSON_free(text);
    cJSON_Delete(report->root);
    free(report);
    return exit_code;
}

bool report_owns_stdout(const struct report *report)
{
    return report && strcmp(report->path, "-") == 0;
}

#else

bool report_open(const struct verb *verb, const char *path, struct report **report)
{
    *report = NULL;
    if (path) {
        args_fail(verb, "this build has no JSON (cJSON was not found when it was configured)");
    }
    return !path;
}

bool report_open_lines(const struct verb *verb, const char *path, struct report **report)
{
    return report_open(verb, path, report);
}

void report_line(struct report *report)
{
    (void)report;
}

void report_kind(struct report *report, const char *kind)
{
    (void)report;
    (void)kind;
}

void report_result(struct report *report)
{
    (void)report;
}

void report_summary(struct report *report)
{
    (void)report;
}

void report_text(struct report *report, const char *key, const char *value)
{
    (void)report;
    (void)key;
    (void)value;
}

void report_number(struct report *report, const char *key, double value)
{
    (void)report;
    (void)key;
    (void)value;
}

void report_bool(struct report *report, const char *key, bool value)
{
    (void)report;
    (void)key;
    (void)value;
}

void report_numbers(struct report *report, const char *key, const double *values, int count, double factor)
{
    (void)report;
    (void)key;
    (void)values;
    (void)count;
    (void)factor;
}

void report_item(struct report *report, const char *array)
{
    (void)report;
    (void)array;
}

int report_close(const struct verb *verb, struct report *report, int exit_code)
{
    (void)verb;
    (void)report;
    return exit_code;
}

bool report_owns_stdout(const struct report *report)
{
    (void)report;
    return false;
}

#endif
