/* --vs-binary: each turn is a process that opens the network anew, warms up and measures shortly. So where one process
 * has its memory, which moves its times as a whole, is part of the noise that the interval is made of, not of the
 * difference. */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench_read.h"

enum { ARGUMENTS_MAX = 24, NUMBER = 32 };
static const double TURN_SECONDS = 0.08, WARMUP_SECONDS = 0.15;
static const size_t ANSWER_MAX = (size_t)64 << 20;

extern char **environ;

/* One side: what is run. */
struct contender {
    const char *program, *shown; /* path; what errors call it */
    char *arguments[ARGUMENTS_MAX];
    char threads[NUMBER], min_time[NUMBER], warmup[NUMBER];
};

static void make_arguments(struct contender *c, const struct bench_options *options, const char *name)
{
    int n = 0;
    snprintf(c->threads, sizeof c->threads, "%d", options->threads);
    snprintf(c->min_time, sizeof c->min_time, "%g", TURN_SECONDS);
    snprintf(c->warmup, sizeof c->warmup, "%g",
             options->plan.warmup < WARMUP_SECONDS ? options->plan.warmup : WARMUP_SECONDS);
    const char *const always[] = {"weft", "bench", "--json", "-", "--no-cold", "--no-load", "--min-time", c->min_time,
                                  "--warmup", c->warmup};
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
        c->arguments[n++] = (char *)always[i]; /* posix_spawn does not change them */
    }
    if (options->isa) {
        c->arguments[n++] = "--isa";
        c->arguments[n++] = (char *)options->isa;
    }
    if (options->threads) {
        c->arguments[n++] = "--threads";
        c->arguments[n++] = c->threads;
    }
    if (options->winograd == WEFT_WINOGRAD_OFF) {
        c->arguments[n++] = "--no-winograd";
    }
    c->arguments[n++] = "--";
    c->arguments[n++] = (char *)name;
    c->arguments[n] = NULL;
}

/* Starts it with its standard output in a pipe and its errors in `errors`. The pipe's end, or -1 with errno. */
static int start(const struct contender *c, int errors, pid_t *pid)
{
    int ends[2];
    posix_spawn_file_actions_t actions;
    if (pipe(ends) != 0) {
        return -1;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    int failed = posix_spawnp(pid, c->program, &actions, NULL, c->arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (failed) {
        close(ends[0]);
        errno = failed;
        return -1;
    }
    return ends[0];
}

/* All that comes; NULL if memory is short or it is too much. */
static char *read_answer(int fd, size_t *size)
{
    size_t room = 0;
    ssize_t got = 1;
    char *text = NULL;
    *size = 0;
    while (got > 0 && *size < ANSWER_MAX) {
        if (*size == room) {
            room = room ? 2 * room : 65536;
            char *more = realloc(text, room);
            if (!more) {
                break;
            }
            text = more;
        }
        do {
            got = read(fd, text + *size, room - *size);
        } while (got < 0 && errno == EINTR);
        *size += got > 0 ? (size_t)got : 0;
    }
    if (got != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* The first line that it wrote to its standard error, or how it ended. */
static void why_failed(FILE *errors, int status, char *why, size_t size)
{
    rewind(errors);
    if (fgets(why, (int)size, errors) && why[0] != '\n') {
        why[strcspn(why, "\n")] = '\0';
    } else if (WIFSIGNALED(status)) {
        snprintf(why, size, "ended by signal %d", WTERMSIG(status));
    } else {
        snprintf(why, size, "no result, exit status %d", WEXITSTATUS(status));
    }
}

static bool is_stopped(const struct versus *versus)
{
    return *versus->options->plan.stop != 0;
}

/* Runs it once. EXIT_FINE with its result in `file` (also where Ctrl-C came meanwhile: look), or an exit code. */
static int take_turn(const struct versus *versus, const struct contender *c, struct bench_file *file)
{
    const struct verb *verb = versus->options->verb;
    char why[512];
    pid_t pid;
    int status = 0, code = EXIT_FINE;
    size_t size;
    *file = (struct bench_file){0};
    FILE *errors = tmpfile();
    int fd = errors ? start(c, fileno(errors), &pid) : -1;
    if (fd < 0) {
        code = args_fail(verb, "%s: cannot run it: %s", c->shown, strerror(errno));
        if (errors) {
            fclose(errors);
        }
        return code;
    }
    char *text = read_answer(fd, &size);
    close(fd);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (is_stopped(versus)) {
        /* what a stopped turn says does not count */
    } else if (!WIFEXITED(status) || WEXITSTATUS(status) >= EXIT_BAD_USE || !text || size == 0) {
        why_failed(errors, status, why, sizeof why);
        code = args_fail(verb, "%s: %s", c->shown, why);
    } else {
        code = bench_parse(verb, c->shown, text, size, file);
    }
    fclose(errors);
    free(text);
    return code;
}

static double least_seconds(const struct bench_entry *entry)
{
    double least = entry->samples[0];
    for (int i = 1; i < entry->count; i++) {
        least = entry->samples[i] < least ? entry->samples[i] : least;
    }
    return least / 1e3;
}

/* A B or B A. Counts the round unless Ctrl-C came. */
static int take_round(const struct versus *versus, const struct contender *a, const struct contender *b,
                      struct rounds *rounds)
{
    struct bench_file of_a, of_b;
    bool b_first = rounds->count % 2;
    int code = take_turn(versus, b_first ? b : a, b_first ? &of_b : &of_a);
    struct bench_file *second = b_first ? &of_a : &of_b;
    *second = (struct bench_file){0};
    if (code == EXIT_FINE && !is_stopped(versus)) {
        code = take_turn(versus, b_first ? a : b, second);
    }
    if (code == EXIT_FINE && !is_stopped(versus)) {
        rounds->a[rounds->count] = least_seconds(&of_a.entries[0]);
        rounds->b[rounds->count++] = least_seconds(&of_b.entries[0]);
        rounds->same_output = rounds->same_output && strcmp(of_a.entries[0].digest, of_b.entries[0].digest) == 0;
    }
    bench_file_free(&of_a);
    bench_file_free(&of_b);
    return code;
}

int bench_processes(const struct versus *versus, const struct bench_options *of_b, const char *name,
                    struct rounds *rounds)
{
    struct contender a = {.program = "/proc/self/exe", .shown = "this command"},
                     b = {.program = versus->binary, .shown = versus->binary};
    make_arguments(&a, versus->options, name);
    make_arguments(&b, of_b, name);
    rounds->same_output = true;
    double begin = weft_bench_now();
    int code = EXIT_FINE;
    while (code == EXIT_FINE && !bench_enough_rounds(versus, rounds, begin)) {
        code = take_round(versus, &a, &b, rounds);
    }
    return code;
}
