/* --vs-binary: a process of each command takes its turns when it is told to (weft bench --turns), over a socket that
 * is its standard input and output: "open" makes a session and answers with the digest, "turn" answers with the
 * quickest run's seconds. Where one process has its code and its memory moves its times as a whole, so both are
 * started anew from time to time: that is part of the noise that the interval is made of, not of the difference. */
#include "bench_rounds.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 16, NUMBER = 32, ANSWER_MAX = 80 };

extern char **environ;

/* One side: what is run, and its process while it lives. */
struct process {
    struct contender contender;
    const struct versus *versus;
    const char *program, *shown; /* path; what errors call it */
    char *arguments[ARGUMENTS_MAX];
    char threads[NUMBER];
    pid_t pid;
    FILE *errors;  /* its standard error; NULL: there is no process */
    int to;        /* the socket */
    FILE *answers; /* the same */
    int opened;    /* sessions of this process */
};

static void make_arguments(struct process *p, const struct bench_options *options, const char *name)
{
    int n = 0;
    const char *const always[] = {"weft", "bench", "--turns"};
    for (size_t i = 0; i < sizeof always / sizeof always[0]; i++) {
        p->arguments[n++] = (char *)always[i]; /* posix_spawn does not change them */
    }
    if (options->isa) {
        p->arguments[n++] = "--isa";
        p->arguments[n++] = (char *)options->isa;
    }
    if (options->threads) {
        snprintf(p->threads, sizeof p->threads, "%d", options->threads);
        p->arguments[n++] = "--threads";
        p->arguments[n++] = p->threads;
    }
    if (options->winograd == WEFT_WINOGRAD_OFF) {
        p->arguments[n++] = "--no-winograd";
    }
    p->arguments[n++] = "--";
    p->arguments[n++] = (char *)name;
    p->arguments[n] = NULL;
}

/* 0, or an errno. */
static int spawn(struct process *p, int its_end)
{
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, its_end, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, its_end, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(p->errors), STDERR_FILENO);
    int failed = posix_spawnp(&p->pid, p->program, &actions, NULL, p->arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

static int start(struct process *p)
{
    int ends[2], failed = 0;
    p->errors = tmpfile();
    if (!p->errors || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        failed = errno;
    } else {
        p->to = ends[0];
        p->answers = fdopen(ends[0], "r");
        failed = p->answers ? spawn(p, ends[1]) : errno;
        close(ends[1]);
        if (failed) {
            p->answers ? fclose(p->answers) : close(ends[0]);
        }
    }
    if (failed) {
        if (p->errors) {
            fclose(p->errors);
        }
        p->errors = NULL;
        return args_fail(p->versus->options->verb, "%s: cannot run it: %s", p->shown, strerror(failed));
    }
    p->opened = 0;
    return EXIT_FINE;
}

/* Closing its standard input ends it. Its exit status as waitpid tells it; the caller closes p->errors. */
static int wait_for(struct process *p)
{
    int status = 0;
    fclose(p->answers);
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

static void finish(struct process *p)
{
    if (p->errors) {
        wait_for(p);
        fclose(p->errors);
        p->errors = NULL;
    }
}

/* An error line with what it answered, or the first line of its standard error, or how it ended. */
static int fail(struct process *p, char *answer)
{
    const struct verb *verb = p->versus->options->verb;
    char why[512] = "";
    bool stopped = *p->versus->options->plan.stop != 0;
    answer[strcspn(answer, "\n")] = '\0';
    int status = wait_for(p), code = EXIT_BAD_USE;
    rewind(p->errors);
    if (stopped) {
        /* what a stopped turn says does not count */
    } else if (fgets(why, sizeof why, p->errors) && why[0] != '\n') {
        why[strcspn(why, "\n")] = '\0';
        code = args_fail(verb, "%s: %s", p->shown, why);
    } else if (answer[0]) {
        code = args_fail(verb, "%s: '%s' is not what a weft command of this version answers", p->shown, answer);
    } else if (WIFSIGNALED(status)) {
        code = args_fail(verb, "%s: ended by signal %d", p->shown, WTERMSIG(status));
    } else {
        code = args_fail(verb, "%s: no result, exit status %d", p->shown, WEXITSTATUS(status));
    }
    fclose(p->errors);
    p->errors = NULL;
    return code;
}

/* False if it is no answer. What another program said before it ended without reading is read too. */
static bool ask(struct process *p, const char *line, char *answer)
{
    size_t size = strlen(line);
    bool sent = send(p->to, line, size, MSG_NOSIGNAL) == (ssize_t)size;
    answer[0] = '\0';
    return fgets(answer, ANSWER_MAX, p->answers) && strchr(answer, '\n') && sent;
}

static int open_process(struct contender *contender, uint64_t *digest)
{
    struct process *p = (struct process *)contender;
    char answer[ANSWER_MAX], *end;
    if (p->errors && p->opened == PLACE_ROUNDS) {
        finish(p);
    }
    int code = p->errors ? EXIT_FINE : start(p);
    if (code != EXIT_FINE) {
        return code;
    }
    if (!ask(p, "open\n", answer)) {
        return fail(p, answer);
    }
    *digest = strtoull(answer, &end, 16);
    p->opened++;
    return end == answer + 16 && *end == '\n' ? EXIT_FINE : fail(p, answer);
}

static int turn_process(struct contender *contender, double *seconds)
{
    struct process *p = (struct process *)contender;
    char answer[ANSWER_MAX], *end;
    if (!ask(p, "turn\n", answer)) {
        return fail(p, answer);
    }
    *seconds = strtod(answer, &end);
    return end != answer && *end == '\n' && *seconds > 0 && isfinite(*seconds) ? EXIT_FINE : fail(p, answer);
}

int bench_processes(const struct versus *versus, const struct bench_options *of_b, const char *name,
                    struct rounds *rounds)
{
    const struct contender how = {NULL, open_process, turn_process};
    struct process a = {.contender = how, .versus = versus, .program = "/proc/self/exe", .shown = "this command"},
                   b = {.contender = how, .versus = versus, .program = versus->binary, .shown = versus->binary};
    make_arguments(&a, versus->options, name);
    make_arguments(&b, of_b, name);
    int code = bench_take_rounds(versus, of_b, &a.contender, &b.contender, rounds);
    finish(&a);
    finish(&b);
    return code;
}
