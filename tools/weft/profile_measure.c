/* Plain runs and profiled ones in turns, so that the layers' sum can be held against the whole of the same minutes. */
#include "profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <weft/zoo.h>

#include "common.h"

enum { ROUNDS_LEAST = 5, ROUNDS_MOST = 5000 };

struct measurement {
    const struct profile_options *options;
    struct profile *profile;
    float *input, *plain, *profiled;
    size_t outputs;
    int steps;              /* layers and both conversions */
    double *steps_of_round; /* what one profiled run gives */
    double *samples;        /* step by step, `room` each */
    double *whole, *total;  /* of the plain and of the profiled run of each round */
    int room, rounds;
};

static size_t volume(int c, int h, int w)
{
    return (size_t)c * (size_t)h * (size_t)w;
}

static void add_ceiling(struct profile *p, const char *name, size_t holds, size_t buffer)
{
    struct profile_ceiling *c = &p->ceilings[p->ceilings_count++];
    snprintf(c->name, sizeof c->name, "%s", name);
    c->bytes = holds;
    for (int i = 0; i < 3; i++) {
        c->bandwidth = fmax(c->bandwidth, weft_bench_read_bandwidth_of(buffer, p->threads));
    }
}

/* The nearest memory that holds so much. */
static int holding(const struct profile *p, double bytes)
{
    int at = 0;
    while (at < p->ceilings_count - 1 && (double)p->ceilings[at].bytes < bytes) {
        at++;
    }
    return at;
}

/* What the session's cores read from each cache (a buffer of half its size; 64 MiB at most) and from memory (four times
 * the last cache, 512 MiB at most). The caches of servers are so large that the far end of one is slower than what a
 * network sees: where the network lies in a cache, its own size is read. */
static void measure_ceilings(struct profile *p)
{
    struct weft_bench_cache caches[4];
    const size_t most = (size_t)64 << 20, most_memory = (size_t)512 << 20, all = p->packed_bytes + p->arena_bytes;
    size_t before = 0, last = most;
    char name[16];
    int count;
    weft_bench_caches(caches, 4, &count);
    for (int i = 0; i < count; i++) {
        size_t buffer = caches[i].bytes / 2 < most ? caches[i].bytes / 2 : most;
        bool own = all >= 2 * before && all < buffer && i > 0;
        snprintf(name, sizeof name, "L%d", caches[i].level);
        add_ceiling(p, name, caches[i].bytes, own ? all : buffer);
        before = last = caches[i].bytes;
    }
    add_ceiling(p, "memory", 0, last < most_memory / 4 ? 4 * last : most_memory);
    p->ceiling = holding(p, (double)all);
}

static int describe(const struct profile_options *options, struct profile *p)
{
    weft_session_info session;
    weft_model_info model;
    weft_session_describe(p->session, &session);
    weft_model_describe(p->model, &model);
    snprintf(p->isa, sizeof p->isa, "%s", session.isa);
    p->threads = session.threads;
    p->direct = options->winograd == WEFT_WINOGRAD_OFF;
    p->packed_bytes = session.packed_bytes;
    p->arena_bytes = session.arena_bytes;
    p->macs = (double)model.macs;
    p->layers = model.layers;
    p->layer = calloc((size_t)p->layers + 1, sizeof *p->layer);
    if (!p->layer) {
        return -1;
    }
    for (int i = 0; i < p->layers; i++) {
        struct profile_layer *l = &p->layer[i];
        weft_model_layer(p->model, i, &l->info);
        weft_session_layer_plan(p->session, i, &l->plan);
        l->bytes = (double)(l->plan.weight_bytes + l->plan.input_bytes + l->plan.output_bytes);
    }
    return 0;
}

/* Plain and profiled, the other one first each time. */
static int take_round(struct measurement *m)
{
    bool plain_first = m->rounds % 2 == 0;
    weft_status status = WEFT_OK;
    for (int i = 0; i < 2 && status == WEFT_OK; i++) {
        if ((i == 0) == plain_first) {
            double start = weft_bench_now();
            status = weft_session_run(m->profile->session, m->input, m->plain);
            m->whole[m->rounds] = weft_bench_now() - start;
        } else {
            status = weft_session_profile(m->profile->session, m->input, m->profiled, m->steps_of_round, m->steps);
        }
    }
    m->total[m->rounds] = 0;
    for (int s = 0; s < m->steps && status == WEFT_OK; s++) {
        m->total[m->rounds] += m->steps_of_round[s];
        m->samples[(size_t)s * (size_t)m->room + (size_t)m->rounds] = m->steps_of_round[s];
    }
    return status != WEFT_OK;
}

static int take_rounds(struct measurement *m)
{
    struct weft_bench_target target = {m->profile->session, m->input, m->plain};
    struct weft_bench_plan plan = {.repeat = 1, .warmup = 1, .samples_max = 1, .stop = m->options->stop};
    struct weft_bench_warmup warmup;
    double once;
    if (weft_bench_measure(weft_bench_run_session, &target, &plan, &once, &warmup) < 0 || take_round(m) != 0) {
        return -1;
    }
    double begin = weft_bench_now();
    do {
        if (take_round(m) != 0) {
            return -1;
        }
        m->rounds++;
    } while (m->rounds < m->room && !*m->options->stop &&
             (m->rounds < ROUNDS_LEAST || weft_bench_now() - begin < m->options->time));
    m->profile->incomplete = *m->options->stop;
    m->profile->same_output = memcmp(m->plain, m->profiled, m->outputs * sizeof *m->plain) == 0;
    return 0;
}

static double median(const struct measurement *m, int step)
{
    struct weft_bench_stats stats;
    weft_bench_summarise(m->samples + (size_t)step * (size_t)m->room, m->profile->whole.n, &stats); /* sorts them */
    return fmax(0, stats.median - m->profile->clock);
}

/* Moves the times of the n rounds that were the quickest as a whole, plain and profiled run together, to the front. */
static int keep_quickest(struct measurement *m, int n)
{
    struct weft_bench_stats stats;
    double *both = malloc(2 * (size_t)m->rounds * sizeof *both), *sorted = both ? both + m->rounds : NULL;
    int kept = 0;
    if (!both) {
        return -1;
    }
    for (int i = 0; i < m->rounds; i++) {
        both[i] = sorted[i] = m->whole[i] + m->total[i];
    }
    weft_bench_summarise(sorted, m->rounds, &stats); /* sorts them */
    for (int i = 0; i < m->rounds && kept < n; i++) {
        if (both[i] > sorted[n - 1]) {
            continue;
        }
        m->whole[kept] = m->whole[i];
        for (int s = 0; s < m->steps; s++) {
            double *of_step = m->samples + (size_t)s * (size_t)m->room;
            of_step[kept] = of_step[i];
        }
        kept++;
    }
    free(both);
    return 0;
}

/* Whatever else runs on the machine hits a whole run more often than a single layer, and some of what it does lasts for
 * many runs: where it shows, medians of layers no longer add up to the median of runs. Then the quickest twentieth of
 * the rounds counts alone. */
static int choose_rounds(struct measurement *m)
{
    struct profile *p = m->profile;
    struct weft_bench_stats totals;
    double *copy = malloc(2 * (size_t)m->rounds * sizeof *copy);
    const double off = 1.05;
    const int least = 5;
    if (!copy) {
        return -1;
    }
    memcpy(copy, m->total, (size_t)m->rounds * sizeof *copy);
    memcpy(copy + m->rounds, m->whole, (size_t)m->rounds * sizeof *copy);
    weft_bench_summarise(copy, m->rounds, &totals);
    weft_bench_summarise(copy + m->rounds, m->rounds, &p->whole);
    free(copy);
    p->disturbed = totals.median > off * totals.p5 || p->whole.median > off * p->whole.p5;
    p->rounds = m->rounds;
    if (p->disturbed && m->rounds > least) {
        int quickest = m->rounds / 20 > least ? m->rounds / 20 : least;
        if (keep_quickest(m, quickest) != 0) {
            return -1;
        }
        weft_bench_summarise(m->whole, quickest, &p->whole); /* sorts them */
    }
    return 0;
}

static int conclude(struct measurement *m)
{
    struct profile *p = m->profile;
    p->clock = weft_bench_clock_cost();
    for (int i = 0; i < m->rounds; i++) {
        m->whole[i] -= p->clock;
    }
    if (choose_rounds(m) != 0) {
        return -1;
    }
    p->input = median(m, 0);
    p->output = median(m, m->steps - 1);
    p->sum = p->input + p->output;
    for (int i = 0; i < p->layers; i++) {
        struct profile_layer *l = &p->layer[i];
        double tensors = (double)(l->plan.input_bytes + l->plan.output_bytes);
        int near = holding(p, tensors);
        double of_weights = (double)l->plan.weight_bytes / p->ceilings[p->ceiling].bandwidth,
               of_tensors = tensors / p->ceilings[near].bandwidth;
        l->seconds = median(m, i + 1);
        l->compute = p->peak > 0 ? (double)l->info.macs / p->peak : (double)NAN;
        l->memory = of_weights + of_tensors;
        l->from = of_weights > of_tensors ? p->ceiling : near;
        p->sum += l->seconds;
    }
    return 0;
}

static int measure(const struct profile_options *options, struct profile *p)
{
    weft_model_info info;
    weft_model_describe(p->model, &info);
    struct measurement m = {.options = options, .profile = p, .steps = p->layers + 2, .room = ROUNDS_MOST};
    m.outputs = volume(info.output_c, info.output_h, info.output_w);
    m.input = malloc(volume(info.input_c, info.input_h, info.input_w) * sizeof *m.input);
    m.plain = malloc(m.outputs * sizeof *m.plain);
    m.profiled = malloc(m.outputs * sizeof *m.profiled);
    m.steps_of_round = malloc((size_t)m.steps * sizeof *m.steps_of_round);
    m.samples = malloc((size_t)m.steps * (size_t)m.room * sizeof *m.samples);
    m.whole = malloc((size_t)m.room * sizeof *m.whole);
    m.total = malloc((size_t)m.room * sizeof *m.total);
    bool failed = true;
    if (m.input && m.plain && m.profiled && m.steps_of_round && m.samples && m.whole && m.total) {
        weft_zoo_input(p->model, m.input);
        p->peak = weft_bench_peak(p->isa, &p->peak_what) * p->threads;
        measure_ceilings(p);
        failed = take_rounds(&m) != 0 || conclude(&m) != 0;
    }
    free(m.input);
    free(m.plain);
    free(m.profiled);
    free(m.steps_of_round);
    free(m.samples);
    free(m.whole);
    free(m.total);
    return failed ? -1 : 0;
}

int profile_measure(const struct profile_options *options, const char *name, struct profile *profile)
{
    memset(profile, 0, sizeof *profile);
    profile->name = name;
    profile->model = open_model(options->verb, name);
    profile->session = profile->model ? open_session_tuned(options->verb, profile->model, options->isa,
                                                           options->threads, options->winograd, NULL)
                                      : NULL;
    if (!profile->session) {
        return EXIT_BAD_USE;
    }
    if (describe(options, profile) != 0 || measure(options, profile) != 0) {
        return args_fail(options->verb, "%s: a run failed, or memory is short", name);
    }
    return EXIT_FINE;
}

void profile_free(struct profile *profile)
{
    weft_session_free(&profile->session);
    weft_model_free(&profile->model);
    free(profile->layer);
    profile->layer = NULL;
}

bool profile_by_memory(const struct profile_layer *layer)
{
    return layer->info.macs == 0 || layer->memory > layer->compute;
}

const char *profile_bound(const struct profile *profile, const struct profile_layer *layer)
{
    return profile_by_memory(layer) ? profile->ceilings[layer->from].name : "compute";
}

double profile_percent(const struct profile_layer *layer)
{
    double bound = profile_by_memory(layer) ? layer->memory : layer->compute;
    return layer->seconds > 0 ? 100 * bound / layer->seconds : (double)NAN;
}

double profile_peak_percent(const struct profile *profile, const struct profile_layer *layer)
{
    bool known = profile->peak > 0 && layer->info.macs > 0 && layer->seconds > 0;
    return known ? 100 * layer->compute / layer->seconds : (double)NAN;
}

double profile_share(const struct profile *profile, double seconds)
{
    return percent(seconds, profile->whole.median);
}
