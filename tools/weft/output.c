#define _XOPEN_SOURCE 700 /* realpath */
#include "output.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const int held[] = {SIGINT, SIGTERM, SIGHUP};
enum { HELD_COUNT = sizeof held / sizeof held[0] };
static struct sigaction before[HELD_COUNT];
static volatile sig_atomic_t waiting; /* a signal that came meanwhile */

static void note_signal(int number)
{
    waiting = number;
}

/* Handlers, not a mask: the threads of OpenMP would take a signal that only this one blocks. */
void signals_hold(void)
{
    struct sigaction note;
    memset(&note, 0, sizeof note);
    note.sa_handler = note_signal;
    note.sa_flags = SA_RESTART;
    sigemptyset(&note.sa_mask);
    waiting = 0;
    for (int i = 0; i < HELD_COUNT; i++) {
        sigaction(held[i], NULL, &before[i]);
        if (before[i].sa_handler != SIG_IGN) {
            sigaction(held[i], &note, NULL);
        }
    }
}

void signals_release(void)
{
    for (int i = 0; i < HELD_COUNT; i++) {
        sigaction(held[i], &before[i], NULL);
    }
    if (waiting) {
        raise(waiting);
    }
}

static bool fail(struct output *out, const char *what, char *why, size_t why_size)
{
    snprintf(why, why_size, "%s: %s: %s", out->path ? out->path : "output", what, strerror(errno));
    if (out->temporary) {
        unlink(out->temporary);
    }
    free(out->temporary);
    free(out->path);
    signals_release();
    return false;
}

/* A device or a pipe is written to, never replaced. */
static bool open_special(struct output *out, const char *path, char *why, size_t why_size)
{
    if (strcmp(path, "-") == 0) {
        out->file = stdout;
    } else if (!(out->file = fopen(path, "wb"))) {
        snprintf(why, why_size, "%s: cannot write here: %s", path, strerror(errno));
    }
    return out->file != NULL;
}

static bool is_special(const char *path)
{
    struct stat status;
    return strcmp(path, "-") == 0 ||
           (stat(path, &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode));
}

bool output_open(struct output *out, const char *path, char *why, size_t why_size)
{
    memset(out, 0, sizeof *out);
    if (is_special(path)) {
        return open_special(out, path, why, why_size);
    }
    signals_hold();
    char *target = realpath(path, NULL); /* through a symbolic link; NULL where there is no such file yet */
    out->path = target ? target : strdup(path);
    size_t size = out->path ? strlen(out->path) + sizeof ".XXXXXX" : 0;
    char *temporary = size ? malloc(size) : NULL;
    if (!temporary) {
        errno = ENOMEM;
        return fail(out, "cannot write", why, why_size);
    }
    snprintf(temporary, size, "%s.XXXXXX", out->path);
    int fd = mkstemp(temporary);
    if (fd < 0) {
        free(temporary);
        return fail(out, "cannot write here", why, why_size);
    }
    out->temporary = temporary;
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(fd, 0666 & ~mask) != 0 || !(out->file = fdopen(fd, "wb"))) {
        close(fd);
        return fail(out, "cannot write", why, why_size);
    }
    return true;
}

static bool close_special(struct output *out, char *why, size_t why_size)
{
    bool fine = fflush(out->file) == 0 && !ferror(out->file);
    if (!fine) {
        snprintf(why, why_size, "writing failed: %s", strerror(errno));
    }
    if (out->file != stdout && fclose(out->file) != 0 && fine) {
        snprintf(why, why_size, "writing failed: %s", strerror(errno));
        fine = false;
    }
    return fine;
}

bool output_close(struct output *out, char *why, size_t why_size)
{
    if (!out->temporary) {
        return close_special(out, why, why_size);
    }
    bool fine = !ferror(out->file) && fflush(out->file) == 0 && fsync(fileno(out->file)) == 0;
    if (fclose(out->file) != 0) {
        fine = false;
    }
    if (!fine) {
        return fail(out, "writing failed", why, why_size);
    }
    if (rename(out->temporary, out->path) != 0) {
        return fail(out, "cannot rename into place", why, why_size);
    }
    free(out->temporary);
    free(out->path);
    signals_release();
    return true;
}

bool output_check(const char *path, char *why, size_t why_size)
{
    struct stat status;
    if (!path || is_special(path)) {
        return true;
    }
    if (!path[0]) {
        snprintf(why, why_size, "'': an empty name; name the file to write");
        return false;
    }
    if (stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        snprintf(why, why_size, "%s: is a folder; name the file to write", path);
        return false;
    }
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    bool fine = folder && stat(folder, &status) == 0 && access(folder, W_OK) == 0;
    if (fine && !S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        fine = false;
    }
    if (!fine) {
        snprintf(why, why_size, "%s: cannot write here: %s", path, strerror(errno));
    }
    free(folder);
    return fine;
}

bool output_check_page(const char *path, char *why, size_t why_size)
{
    if (path && strcmp(path, "-") == 0) {
        snprintf(why, why_size, "-: standard output has the text; name the file to write");
        return false;
    }
    return output_check(path, why, why_size);
}
