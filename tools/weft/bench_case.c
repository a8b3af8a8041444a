/* One network, measured. */
#include "bench.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <weft/zoo.h>

#include "common.h"

enum { COPIES_MAX = 1024 };

struct bench_case {
    const struct bench_options *options;
    const char *name;
    weft_model *model;
    weft_model_info info;
    float *input, *output;
    struct weft_bench_target *targets; /* of the ring or the batch */
    int targets_count;
};

uint64_t bench_digest(const float *y, size_t n)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    const unsigned char *bytes = (const unsigned char *)y;
    for (size_t i = 0; i < n * sizeof *y; i++) {
        hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static size_t outputs(const weft_model_info *info)
{
    return (size_t)info->output_c * (size_t)info->output_h * (size_t)info->output_w;
}

static size_t inputs(const weft_model_info *info)
{
    return (size_t)info->input_c * (size_t)info->input_h * (size_t)info->input_w;
}

static void free_targets(struct bench_case *c)
{
    for (int i = 0; i < c->targets_count; i++) {
        weft_session_free(&c->targets[i].session);
        free(c->targets[i].output);
    }
    free(c->targets);
    c->targets = NULL;
    c->targets_count = 0;
}

/* More sessions of the same model, each with weights, arena and output of its own. */
static bool make_targets(struct bench_case *c, int count, int threads)
{
    c->targets = calloc((size_t)count, sizeof *c->targets);
    while (c->targets && c->targets_count < count) {
        struct weft_bench_target *target = &c->targets[c->targets_count];
        target->session = open_session_tuned(c->options->verb, c->model, c->options->isa, threads, c->options->winograd,
                                             c->options->tuned);
        target->output = malloc(outputs(&c->info) * sizeof *target->output);
        target->input = c->input;
        c->targets_count++;
        if (!target->session || !target->output) {
            break;
        }
    }
    if (c->targets && c->targets[count - 1].session && c->targets[count - 1].output) {
        return true;
    }
    free_targets(c);
    return false;
}

static size_t last_cache(void)
{
    struct weft_bench_cache caches[8];
    int count;
    weft_bench_caches(caches, 8, &count);
    return count > 0 ? caches[count - 1].bytes : (size_t)64 << 20;
}

/* Copies so that their weights pass through the last cache before the first comes again; 1 GiB of memory at most. */
static int measure_cold(struct bench_case *c, struct bench_result *result)
{
    size_t each = result->packed_bytes + result->arena_bytes + 1, budget = (size_t)1 << 30;
    size_t copies = last_cache() * 5 / 4 / (result->packed_bytes + 1) + 2;
    copies = copies < budget / each ? copies : budget / each;
    copies = copies > COPIES_MAX ? COPIES_MAX : copies < 2 ? 2 : copies;
    struct weft_bench_plan plan = c->options->plan;
    double *samples = malloc(SAMPLES_MAX * sizeof *samples);
    struct weft_bench_warmup warmup;
    int n = -1;
    if (samples && make_targets(c, (int)copies, result->threads)) {
        struct weft_bench_ring ring = {c->targets, c->targets_count, 0};
        plan.repeat = plan.repeat > 0 ? plan.repeat : (int)copies;
        plan.min_time = 0;
        plan.warmup = 0;
        n = weft_bench_measure(weft_bench_run_ring, &ring, &plan, samples, &warmup);
        result->cold_copies = (int)copies;
    }
    if (n > 0) {
        weft_bench_summarise(samples, n, &result->cold);
    }
    free_targets(c);
    free(samples);
    return n < 0 ? -1 : 0;
}

/* Each session once: a thread that comes late to a small batch finds no image left, and its output would be none. */
static bool run_targets(const struct bench_case *c)
{
    bool fine = true;
    for (int i = 0; i < c->targets_count; i++) {
        fine = weft_bench_run_session(&c->targets[i]) == 0 && fine;
    }
    return fine;
}

/* Throughput: the batch's images shared among sessions of one thread each. */
static int measure_batch(struct bench_case *c, struct bench_result *result)
{
    double samples[256];
    struct weft_bench_plan plan = c->options->plan;
    struct weft_bench_warmup warmup;
    struct weft_bench_stats stats;
    plan.samples_max = 256;
    int sessions = result->threads < c->options->batch ? result->threads : c->options->batch, n = -1;
    if (make_targets(c, sessions, 1) && run_targets(c)) {
        struct weft_bench_batch batch = {c->targets, c->targets_count, c->options->batch};
        n = weft_bench_measure(weft_bench_run_batch, &batch, &plan, samples, &warmup);
        for (int i = 0; i < c->targets_count && n > 0; i++) {
            if (bench_digest(c->targets[i].output, outputs(&c->info)) != result->digest) {
                result->state = DIGEST_WRONG;
            }
        }
    }
    if (n > 0) {
        weft_bench_summarise(samples, n, &stats);
        result->batch = c->options->batch;
        result->images_per_second = c->options->batch / stats.median;
    }
    free_targets(c);
    return n < 0 ? -1 : 0;
}

static size_t size_of_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && status.st_size > 0 ? (size_t)status.st_size : 0;
}

/* From a file (the model's own, or a temporary one of a zoo network) to a session, and to the first output. */
static int measure_load(struct bench_case *c, struct bench_result *result)
{
    char path[4096];
    const char *folder = getenv("TMPDIR");
    weft_error error;
    bool zoo = strncmp(c->name, "zoo:", 4) == 0;
    snprintf(path, sizeof path, "%s/weft-bench-XXXXXX", folder && *folder ? folder : "/tmp");
    if (zoo) {
        int fd = mkstemp(path);
        if (fd < 0) {
            return 0; /* no room for a file: left out */
        }
        close(fd);
        if (weft_model_save(c->model, path, &error) != WEFT_OK) {
            unlink(path);
            return args_fail(c->options->verb, "%s", error.text);
        }
        result->file_bytes = size_of_file(path);
    }
    double start = weft_bench_now();
    weft_model *model = NULL;
    weft_session *session = NULL;
    int code = 0;
    if (weft_model_load(zoo ? path : c->name, NULL, &model, &error) != WEFT_OK) {
        code = args_fail(c->options->verb, "%s", error.text);
    } else if ((session = open_session_tuned(c->options->verb, model, c->options->isa, c->options->threads,
                                           c->options->winograd, c->options->tuned))) {
        result->load = weft_bench_now() - start;
        code = weft_session_run(session, c->input, c->output) != WEFT_OK;
        result->first = weft_bench_now() - start;
    }
    weft_session_free(&session);
    weft_model_free(&model);
    if (zoo) {
        unlink(path);
    }
    return code || result->first == 0 ? -1 : 0;
}

static int measure_hot(struct bench_case *c, weft_session *session, struct bench_result *result)
{
    struct weft_bench_target target = {session, c->input, c->output};
    double *sorted = NULL, energy = weft_bench_energy();
    int n = weft_bench_measure(weft_bench_run_session, &target, &c->options->plan, result->samples, &result->warmup);
    double spent = weft_bench_energy() - energy;
    if (n < 1 || !(sorted = malloc((size_t)n * sizeof *sorted)) ||
        weft_bench_shape(result->samples, n, &result->shape) != 0) {
        free(sorted);
        return -1;
    }
    result->joules = energy < 0 || spent < 0 ? -1 : spent / (n + (result->warmup.runs > 0 ? result->warmup.runs : 1));
    memcpy(sorted, result->samples, (size_t)n * sizeof *sorted);
    weft_bench_summarise(sorted, n, &result->stats);
    free(sorted);
    result->digest = bench_digest(c->output, outputs(&c->info));
    uint64_t golden = strncmp(c->name, "zoo:", 4) == 0 ? weft_zoo_golden(c->name + 4) : 0;
    result->state = !golden ? DIGEST_NONE : golden == result->digest ? DIGEST_GOLDEN : DIGEST_WRONG;
    return 0;
}

static bool is_stopped(const struct bench_options *options)
{
    return options->plan.stop && *options->plan.stop;
}

static void describe(struct bench_case *c, const weft_session *session, struct bench_result *result)
{
    weft_session_info info;
    weft_session_describe(session, &info);
    snprintf(result->model, sizeof result->model, "%s", c->name);
    snprintf(result->isa, sizeof result->isa, "%s", info.isa);
    result->threads = info.threads;
    result->direct = c->options->winograd == WEFT_WINOGRAD_OFF;
    result->file_bytes = strncmp(c->name, "zoo:", 4) == 0 ? 0 : size_of_file(c->name);
    result->packed_bytes = info.packed_bytes;
    result->arena_bytes = info.arena_bytes;
    result->weight_bytes = (size_t)c->info.weight_bytes;
    result->parameters = c->info.parameters;
    result->gmac = (double)c->info.macs / 1e9;
    result->peak = weft_bench_peak(info.isa, &result->peak_what) * info.threads;
}

static int measure_all(struct bench_case *c, weft_session *session, struct bench_result *result)
{
    weft_zoo_input(c->model, c->input);
    describe(c, session, result);
    int failed = measure_hot(c, session, result);
    result->peak_memory = weft_bench_peak_memory();
    if (!failed && c->options->load && !is_stopped(c->options)) {
        failed = measure_load(c, result);
    }
    if (!failed && c->options->cold && !is_stopped(c->options)) {
        failed = measure_cold(c, result);
    }
    if (!failed && c->options->batch && !is_stopped(c->options)) {
        failed = measure_batch(c, result);
    }
    result->incomplete = is_stopped(c->options);
    return failed;
}

int bench_case(const struct bench_options *options, const char *name, struct bench_result *result)
{
    struct bench_case c = {.options = options, .name = name};
    memset(result, 0, sizeof *result);
    weft_bench_reset_peak_memory();
    c.model = open_quantized(options->verb, name);
    weft_session *session = c.model ? open_session_tuned(options->verb, c.model, options->isa, options->threads,
                                                         options->winograd, options->tuned)
                                    : NULL;
    int code = EXIT_BAD_USE;
    if (session) {
        weft_model_describe(c.model, &c.info);
        c.input = malloc(inputs(&c.info) * sizeof *c.input);
        c.output = malloc(outputs(&c.info) * sizeof *c.output);
        result->samples = malloc(SAMPLES_MAX * sizeof *result->samples);
        bool fine = c.input && c.output && result->samples && measure_all(&c, session, result) == 0;
        if (!fine && result->samples && is_stopped(options)) {
            fprintf(stderr, "%s: stopped before its first run that counts\n", name);
            code = EXIT_CHECK_FAILED;
        } else {
            code = fine ? EXIT_FINE : args_fail(options->verb, "%s: a run failed, or memory is short", name);
        }
    }
    free(c.input);
    free(c.output);
    weft_session_free(&session);
    weft_model_free(&c.model);
    return code;
}

void bench_result_free(struct bench_result *result)
{
    free(result->samples);
    result->samples = NULL;
}

double bench_percent(const struct bench_result *result)
{
    return result->peak > 0 ? 100 * result->gmac * 1e9 / (result->stats.median * result->peak) : (double)NAN;
}

void bench_words(const struct bench_result *result, char *text, size_t size)
{
    const struct weft_bench_shape *s = &result->shape;
    size_t used = 0;
    text[0] = '\0';
    if (s->two_modes) {
        used += (size_t)snprintf(text + used, size - used,
                                 "two kinds of runs: %.0f %% near %.3g ms, %.0f %% near %.3g ms; look at both, not at "
                                 "the mean",
                                 100 * (1 - s->high_share), 1e3 * s->low_mode, 100 * s->high_share, 1e3 * s->high_mode);
    }
    if (s->drifts && used < size) {
        used += (size_t)snprintf(text + used, size - used, "%sruns became %.0f %% %s while measuring (clock or heat?)",
                                 used ? "; " : "", 100 * fabs(s->drift), s->drift > 0 ? "slower" : "faster");
    }
    if (result->warmup.runs > 0 && !result->warmup.steady && used < size) {
        used += (size_t)snprintf(text + used, size - used, "%snot steady after %.1f s of warm-up: raise --warmup",
                                 used ? "; " : "", result->warmup.seconds);
    }
    if (result->incomplete && used < size) {
        snprintf(text + used, size - used, "%sincomplete: stopped", used ? "; " : "");
    }
}
