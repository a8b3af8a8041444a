#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(struct output *out, const char *what, char *why, size_t why_size)
{
    snprintf(why, why_size, "%s: %s: %s", out->path ? out->path : "output", what, strerror(errno));
    if (out->temporary) {
        unlink(out->temporary);
    }
    free(out->temporary);
    free(out->path);
    return false;
}

bool output_open(struct output *out, const char *path, char *why, size_t why_size)
{
    memset(out, 0, sizeof *out);
    if (strcmp(path, "-") == 0) {
        out->file = stdout;
        return true;
    }
    size_t size = strlen(path) + sizeof ".XXXXXX.tmp";
    out->path = strdup(path);
    out->temporary = malloc(size);
    if (!out->path || !out->temporary) {
        errno = ENOMEM;
        free(out->temporary);
        out->temporary = NULL;
        return fail(out, "cannot write", why, why_size);
    }
    snprintf(out->temporary, size, "%s.XXXXXX", path);
    int fd = mkstemp(out->temporary);
    if (fd < 0) {
        free(out->temporary);
        out->temporary = NULL;
        return fail(out, "cannot write there", why, why_size);
    }
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(fd, 0666 & ~mask) != 0 || !(out->file = fdopen(fd, "wb"))) {
        close(fd);
        return fail(out, "cannot write", why, why_size);
    }
    return true;
}

bool output_close(struct output *out, char *why, size_t why_size)
{
    if (!out->temporary) {
        if (fflush(out->file) != 0 || ferror(out->file)) {
            snprintf(why, why_size, "standard output: %s", strerror(errno));
            return false;
        }
        return true;
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
    return true;
}
