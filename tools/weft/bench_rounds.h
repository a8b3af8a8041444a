/* weft command: two ways to run one network, in turns. */
#ifndef WEFT_TOOLS_BENCH_ROUNDS_H
#define WEFT_TOOLS_BENCH_ROUNDS_H

#include "bench.h"

/* One side. The functions give EXIT_FINE, or an exit code after an error line. */
struct contender {
    /* Gives its memory back before both are made anew; NULL: it does not lie in this process. */
    void (*close)(struct contender *contender);
    /* Makes it anew, somewhere else in memory, and runs it once: the digest of the output. */
    int (*open)(struct contender *contender, uint64_t *digest);
    /* Seconds of the quickest run of a short turn, after one that does not count. */
    int (*turn)(struct contender *contender, double *seconds);
};

enum { PLACE_ROUNDS = 3 }; /* rounds in the same place: on one processor, in one process */

/* Rounds of A, as versus->options say, and B, as of_b say, until there are enough. Where both have one thread they are
 * held to the same processor, another one from time to time. EXIT_FINE, also where Ctrl-C came, or the code of the side
 * that failed. */
int bench_take_rounds(const struct versus *versus, const struct bench_options *of_b, struct contender *a,
                      struct contender *b, struct rounds *rounds);

/* A session in this process: `contender` first, so that a pointer to it is one to the whole. Both sides may share the
 * model and the buffers. The owner frees the session. */
struct bench_side {
    struct contender contender;
    const struct bench_options *options;
    const char *name;
    const weft_model *model;
    const float *input;
    float *output;
    size_t outputs;
    weft_session *session;
};
void bench_side_close(struct contender *contender);
int bench_side_open(struct contender *contender, uint64_t *digest);
int bench_side_turn(struct contender *contender, double *seconds);

/* The model, its input and room for its output, for sides. False after an error line. */
struct bench_network {
    weft_model *model;
    float *input, *output;
    size_t outputs;
};
bool bench_network_open(const struct verb *verb, const char *name, struct bench_network *network);
void bench_network_free(struct bench_network *network);

#endif
