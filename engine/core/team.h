/* weft: a team of threads that carries out a list of steps. Each step is cut into pieces; threads take pieces as they
 * come, and the step is over when its pieces are done, not when all threads have been seen: a thread that the system
 * does not let run holds nobody up unless it is in the middle of a piece. One OpenMP region serves the whole list. */
#ifndef WEFT_CORE_TEAM_H
#define WEFT_CORE_TEAM_H

#include <stdatomic.h>
#include <stdbool.h>

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
    /* Of the run in progress. */
    weft_team_work *work;
    weft_team_over *over;
    void *cookie;
    _Alignas(WEFT_TEAM_LINE) struct weft_team_range range[WEFT_TEAM_RANGES];
    _Alignas(WEFT_TEAM_LINE) atomic_uint step; /* in progress; what idle threads watch */
    atomic_int sleepers;
    _Alignas(WEFT_TEAM_LINE) atomic_int left;  /* pieces of the step that are not done, and one while it is being opened */
    _Alignas(WEFT_TEAM_LINE) atomic_uint gone; /* threads that will touch the team no more */
};

/* A team of up to `threads` threads for `steps` steps, whose numbers of pieces the caller fills in. False if memory is
 * short. The memory is the pool's. */
bool weft_team_init(struct weft_team *team, int threads, int steps, struct weft_pool *pool);
/* All steps, one after the other. Allocates nothing but what the OpenMP library takes for its threads; one thread uses
 * neither. Where the caller is in a parallel region already the team is as large as the OpenMP library makes it.
 * `over` may be NULL. One run of a team at a time. */
void weft_team_run(struct weft_team *team, weft_team_work *work, weft_team_over *over, void *cookie);

#endif
