/* weft: a team of threads that carries out a list of steps. Each step is cut into pieces; threads take pieces as they
 * come, and the step is over when its pieces are done, not when all threads have been seen: a thread that the system
 * does not let run holds nobody up unless it is in the middle of a piece.
 *
 * The threads are the team's own, not OpenMP's: they start and end with it (a start that fails is an error, where
 * OpenMP's libraries end the program), a run neither opens nor closes a parallel region, and between pieces they spin
 * for a few microseconds and then sleep, where GNU's library burns the processor for milliseconds in between and at
 * both ends. */
#ifndef WEFT_CORE_TEAM_H
#define WEFT_CORE_TEAM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "core/pool.h"

/* Pieces of a step lie in so many ranges at most, one to a thread; it begins with its own, so that from step to step it
 * finds in its cache what it left there, and helps the others when that is done. */
enum { WEFT_TEAM_RANGES = 16, WEFT_TEAM_LINE = 64 };

struct weft_team_range {
    _Alignas(WEFT_TEAM_LINE) atomic_uint_fast64_t next; /* step << 32 | piece */
};

/* Does piece `piece` of step `step`; `thread` < threads is a number that no other piece has at that time. */
typedef void weft_team_work(void *cookie, int step, int piece, int thread);
/* Called once when a step is over, steps in order, by whichever thread. */
typedef void weft_team_over(void *cookie, int step);

struct weft_team {
    int threads, ranges;
    int steps;
    int *pieces;  /* per step, >= 0 */
    int patience; /* nanoseconds that a wait spins before it sleeps */
    struct weft_team_helper *helpers; /* the threads but for the one that calls weft_team_run */
    int helpers_count;                /* that were started, */
    pid_t process;                    /* by this process */
    /* Of the run in progress. */
    weft_team_work *work;
    weft_team_over *over;
    void *cookie;
    struct weft_team_range range[WEFT_TEAM_RANGES];
    _Alignas(WEFT_TEAM_LINE) atomic_uint step; /* in progress; what idle threads watch. `steps`: there is no run */
    atomic_bool asleep;                        /* a thread sleeps until `step` changes, or is about to */
    _Alignas(WEFT_TEAM_LINE) atomic_int left;  /* pieces of the step that are not done, and one while it is being
                                                  opened */
};

/* A team of `threads` threads for `steps` steps, whose numbers of pieces the caller fills in before the first run.
 * WEFT_E_MEMORY if memory is short or the system starts no more threads. Close it in any case; the memory is the
 * pool's. */
weft_status weft_team_open(struct weft_team *team, int threads, int steps, struct weft_pool *pool);
/* Ends its threads. Does nothing for a team of zeros, or one that another process opened, of which this one is a fork:
 * its threads are not here. */
void weft_team_close(struct weft_team *team);
/* All steps, one after the other. Allocates nothing, takes no lock. The calling thread works alone where the team is of
 * one thread, and inside a parallel region where OpenMP would start no more threads (omp_get_max_active_levels). `over`
 * may be NULL. One run of a team at a time. */
void weft_team_run(struct weft_team *team, weft_team_work *work, weft_team_over *over, void *cookie);

#endif
