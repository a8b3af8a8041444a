#define _GNU_SOURCE /* syscall, sched_getaffinity */
#include "core/team.h"

#include <limits.h>
#include <omp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#endif

#include "core/clock.h"

/* A wait spins for as long as the threads of a step that is cut into equal pieces drift apart, and about as long as a
 * sleep and a wake cost. Then it sleeps: a processor that burns away its time beside a thread that waits for one makes
 * that wait longer, since the system moves a thread only to a processor that is idle. With fewer processors than
 * threads the spinning thread may itself be what the others wait for. */
enum { PATIENCE = 50000, PATIENCE_CROWDED = 1000, PAUSES = 16 };

static int processors(void)
{
#if defined(__linux__)
    cpu_set_t mine;
    if (sched_getaffinity(0, sizeof mine, &mine) == 0) {
        return CPU_COUNT(&mine);
    }
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

/* ---- waiting ---- */

static void pause_briefly(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#endif
}

/* Until *word is no longer `value`, or for no reason. */
static void sleep_while(atomic_uint *word, unsigned value)
{
#if defined(__linux__)
    _Static_assert(sizeof *word == sizeof(uint32_t), "a futex has 32 bits");
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
#else
    (void)word;
    (void)value;
    nanosleep(&(struct timespec){0, 20000}, NULL);
#endif
}

static void wake_all(atomic_uint *word)
{
#if defined(__linux__)
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
#else
    (void)word;
#endif
}

/* Returns when the step has been seen not to be `step`. */
static void wait_while(struct weft_team *team, unsigned step)
{
    int64_t end = weft_clock_now() + team->patience;
    do {
        for (int i = 0; i < PAUSES; i++) {
            if (atomic_load_explicit(&team->step, memory_order_acquire) != step) {
                return;
            }
            pause_briefly();
        }
    } while (weft_clock_now() < end);
    /* Whoever changes the step looks for sleepers afterwards: in the one order of all these accesses, either it sees
     * that there is one, or this one sees the change. Whoever unmarks them wakes them, and they mark themselves
     * again. */
    for (;;) {
        atomic_store(&team->asleep, true);
        if (atomic_load(&team->step) != step) {
            return;
        }
        sleep_while(&team->step, step);
    }
}

static void change_step(struct weft_team *team, unsigned step, bool wake)
{
    atomic_store(&team->step, step);
    if (wake && atomic_load(&team->asleep) && atomic_exchange(&team->asleep, false)) {
        wake_all(&team->step);
    }
}

/* ---- pieces ---- */

static int range_start(const struct weft_team *team, int step, int range)
{
    return (int)((int64_t)team->pieces[step] * range / team->ranges);
}

/* Tells that the steps from `step` on which have no pieces are over, and returns the next one that has. */
static int skip_empty(const struct weft_team *team, int step)
{
    while (step < team->steps && team->pieces[step] == 0) {
        if (team->over) {
            team->over(team->cookie, step);
        }
        step++;
    }
    return step;
}

/* Lays out the ranges of a step, for threads that hold a piece of it as soon as they see one; only then may it be over,
 * hence the one more in `left`. A single piece is nothing to wake others for. After the last step it is the caller of
 * the run that may have to be woken. */
static void open_step(struct weft_team *team, int step, int thread)
{
    if (step == team->steps) {
        change_step(team, (unsigned)step, thread > 0);
        return;
    }
    atomic_store_explicit(&team->left, team->pieces[step] + 1, memory_order_relaxed);
    for (int r = 0; r < team->ranges; r++) {
        uint64_t next = (uint64_t)step << 32 | (unsigned)range_start(team, step, r);
        atomic_store_explicit(&team->range[r].next, next, memory_order_release);
    }
    change_step(team, (unsigned)step, team->pieces[step] > 1);
}

/* One piece of the step, or its opening, is done. The thread that did the last opens the next step. */
static void finish(struct weft_team *team, int step, int thread)
{
    while (atomic_fetch_sub_explicit(&team->left, 1, memory_order_acq_rel) == 1) {
        if (team->over) {
            team->over(team->cookie, step);
        }
        step = skip_empty(team, step + 1);
        open_step(team, step, thread);
        if (step == team->steps) {
            return;
        }
    }
}

/* A piece of the range, of whatever step is in progress. */
static bool take(struct weft_team *team, int range, int *step, int *piece)
{
    atomic_uint_fast64_t *word = &team->range[range].next;
    uint64_t next = atomic_load_explicit(word, memory_order_relaxed);
    do {
        *step = (int)(next >> 32);
        *piece = (int)(next & UINT32_MAX);
        if (*piece >= range_start(team, *step, range + 1)) {
            return false;
        }
    } while (!atomic_compare_exchange_weak_explicit(word, &next, next + 1, memory_order_acquire, memory_order_relaxed));
    return true;
}

/* Works as long as there are pieces. False if there was none. */
static bool help(struct weft_team *team, int thread)
{
    bool found = false;
    for (int i = 0, step, piece; i < team->ranges; i++) {
        while (take(team, (thread + i) % team->ranges, &step, &piece)) {
            team->work(team->cookie, step, piece, thread);
            finish(team, step, thread);
            found = true;
        }
    }
    return found;
}

/* ---- threads ---- */

struct weft_team_helper {
    struct weft_team *team;
    int thread;
    pthread_t handle;
};

/* What the step is when threads shall end. */
static const unsigned CLOSED = UINT_MAX;

static void *serve(void *argument)
{
    const struct weft_team_helper *helper = argument;
    unsigned step;
    while ((step = atomic_load_explicit(&helper->team->step, memory_order_acquire)) != CLOSED) {
        if (step == (unsigned)helper->team->steps || !help(helper->team, helper->thread)) {
            wait_while(helper->team, step);
        }
    }
    return NULL;
}

weft_status weft_team_open(struct weft_team *team, int threads, int steps, struct weft_pool *pool)
{
    memset(team, 0, sizeof *team);
    team->threads = threads;
    team->ranges = threads < WEFT_TEAM_RANGES ? threads : WEFT_TEAM_RANGES;
    team->steps = steps;
    team->process = getpid();
    team->patience = threads <= processors() ? PATIENCE : PATIENCE_CROWDED;
    team->pieces = weft_pool_alloc(pool, (size_t)steps, sizeof *team->pieces);
    team->helpers = weft_pool_alloc(pool, (size_t)threads, sizeof *team->helpers);
    if (!team->pieces || !team->helpers) {
        return WEFT_E_MEMORY;
    }
    atomic_store(&team->step, (unsigned)steps);
    /* Signals are for the application's threads. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = true;
    for (int i = 1; started && i < threads; i++) {
        struct weft_team_helper *helper = &team->helpers[team->helpers_count];
        *helper = (struct weft_team_helper){.team = team, .thread = i};
        started = pthread_create(&helper->handle, NULL, serve, helper) == 0;
        team->helpers_count += started;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started ? WEFT_OK : WEFT_E_MEMORY;
}

void weft_team_close(struct weft_team *team)
{
    if (team->helpers_count == 0 || team->process != getpid()) {
        return;
    }
    change_step(team, CLOSED, true);
    for (int i = 0; i < team->helpers_count; i++) {
        pthread_join(team->helpers[i].handle, NULL);
    }
    team->helpers_count = 0;
}

static void run_alone(struct weft_team *team)
{
    for (int step = skip_empty(team, 0); step < team->steps; step = skip_empty(team, step + 1)) {
        for (int piece = 0; piece < team->pieces[step]; piece++) {
            team->work(team->cookie, step, piece, 0);
        }
        if (team->over) {
            team->over(team->cookie, step);
        }
    }
}

static void run_together(struct weft_team *team)
{
    int first = skip_empty(team, 0);
    open_step(team, first, 0);
    if (first < team->steps) {
        finish(team, first, 0);
    }
    unsigned step;
    while ((step = atomic_load_explicit(&team->step, memory_order_acquire)) != (unsigned)team->steps) {
        if (!help(team, 0)) {
            wait_while(team, step);
        }
    }
}

void weft_team_run(struct weft_team *team, weft_team_work *work, weft_team_over *over, void *cookie)
{
    team->work = work;
    team->over = over;
    team->cookie = cookie;
    if (team->threads == 1 || omp_get_active_level() >= omp_get_max_active_levels()) {
        run_alone(team);
    } else {
        run_together(team);
    }
}
