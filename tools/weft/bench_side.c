/* A side of a comparison: a session in this process, for --vs, and for --turns, which takes its turns when the other
 * process says so. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <weft/zoo.h>

#include "bench_rounds.h"
#include "common.h"

static const double TURN_SECONDS = 0.01;

void bench_side_close(struct contender *contender)
{
    weft_session_free(&((struct bench_side *)contender)->session);
}

int bench_side_open(struct contender *contender, uint64_t *digest)
{
    struct bench_side *side = (struct bench_side *)contender;
    const struct bench_options *o = side->options;
    bench_side_close(contender);
    side->session = open_session_tuned(o->verb, side->model, o->isa, o->threads, o->winograd, NULL);
    if (!side->session) {
        return EXIT_BAD_USE;
    }
    if (weft_session_run(side->session, side->input, side->output) != WEFT_OK) {
        return args_fail(o->verb, "%s: a run failed", side->name);
    }
    *digest = bench_digest(side->output, side->outputs);
    return EXIT_FINE;
}

int bench_side_turn(struct contender *contender, double *seconds)
{
    struct bench_side *side = (struct bench_side *)contender;
    struct weft_bench_target target = {side->session, side->input, side->output};
    int failed = weft_bench_run_session(&target);
    double start = weft_bench_now(), before = start, least = 0;
    do {
        failed = failed || weft_bench_run_session(&target);
        double after = weft_bench_now();
        least = least <= 0 || after - before < least ? after - before : least;
        before = after;
    } while (!failed && before - start < TURN_SECONDS);
    *seconds = least;
    return failed ? args_fail(side->options->verb, "%s: a run failed", side->name) : EXIT_FINE;
}

bool bench_network_open(const struct verb *verb, const char *name, struct bench_network *network)
{
    weft_model_info info;
    *network = (struct bench_network){.model = open_quantized(verb, name)};
    if (!network->model) {
        return false;
    }
    weft_model_describe(network->model, &info);
    network->outputs = (size_t)info.output_c * (size_t)info.output_h * (size_t)info.output_w;
    network->input = malloc((size_t)info.input_c * (size_t)info.input_h * (size_t)info.input_w * sizeof(float));
    network->output = malloc(network->outputs * sizeof(float));
    if (!network->input || !network->output) {
        bench_network_free(network);
        args_fail(verb, "%s: memory is short", name);
        return false;
    }
    weft_zoo_input(network->model, network->input);
    return true;
}

void bench_network_free(struct bench_network *network)
{
    free(network->input);
    free(network->output);
    weft_model_free(&network->model);
}

/* A line of the other process, an answer to it; until it closes. */
static int serve(struct bench_side *side)
{
    char line[16];
    int code = EXIT_FINE;
    while (code == EXIT_FINE && fgets(line, sizeof line, stdin)) {
        uint64_t digest;
        double seconds;
        if (strcmp(line, "open\n") == 0) {
            code = bench_side_open(&side->contender, &digest);
            code == EXIT_FINE ? printf("%016" PRIx64 "\n", digest) : 0;
        } else if (strcmp(line, "turn\n") == 0 && side->session) {
            code = bench_side_turn(&side->contender, &seconds);
            code == EXIT_FINE ? printf("%.9g\n", seconds) : 0;
        } else {
            code = args_fail(side->options->verb, "--turns reads 'open' and, after it, 'turn' from standard input");
        }
        fflush(stdout);
    }
    return code;
}

int bench_serve_turns(const struct bench_options *options, const char *name)
{
    struct bench_network network;
    if (!bench_network_open(options->verb, name, &network)) {
        return EXIT_BAD_USE;
    }
    struct bench_side side = {.options = options, .name = name, .model = network.model, .input = network.input,
                              .output = network.output, .outputs = network.outputs};
    int code = serve(&side);
    weft_session_free(&side.session);
    bench_network_free(&network);
    return code;
}
