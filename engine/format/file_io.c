#include "format/file_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/pool.h"

/* Most systems read and write less than 2^31 bytes at once. */
#define PIECE ((size_t)1 << 30)
/* Names tried for the temporary file, should others leave theirs behind. */
#define ATTEMPTS 100

static weft_status system_error(weft_error *error, const char *path, const char *what, int number)
{
    char text[128];
    if (strerror_r(number, text, sizeof text) != 0) {
        snprintf(text, sizeof text, "error %d", number);
    }
    return weft_fail(error, WEFT_E_IO, "%s: %s: %s", path, what, text);
}

/* Exactly `size` bytes and then the end of the file; *number is 0 where the file is of another length. */
static bool read_all(int fd, uint8_t *out, size_t size, int *number)
{
    size_t at = 0;
    *number = 0;
    for (;;) {
        uint8_t beyond;
        bool full = at == size;
        size_t piece = size - at < PIECE ? size - at : PIECE;
        ssize_t got = full ? read(fd, &beyond, 1) : read(fd, out + at, piece);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            *number = errno;
            return false;
        }
        if (full || got == 0) {
            return full && got == 0;
        }
        at += (size_t)got;
    }
}

static weft_status read_open(int fd, const char *path, size_t limit, const weft_allocator *allocator,
                             void **data, size_t *size, weft_error *error)
{
    struct stat info;
    if (fstat(fd, &info) != 0) {
        return system_error(error, path, "cannot be read", errno);
    }
    if (S_ISDIR(info.st_mode)) {
        return weft_fail(error, WEFT_E_IO, "%s: is a folder; name a file in it", path);
    }
    if (!S_ISREG(info.st_mode)) {
        return weft_fail(error, WEFT_E_IO, "%s: is no regular file; copy it into one", path);
    }
    if (info.st_size <= 0) {
        return weft_fail(error, WEFT_E_IO, "%s: the file is empty; copy it again or make it anew", path);
    }
    if ((uintmax_t)info.st_size > limit) {
        return weft_fail(error, WEFT_E_IO, "%s: the file has %ju bytes, at most %zu are read", path,
                         (uintmax_t)info.st_size, limit);
    }
    size_t bytes = (size_t)info.st_size;
    void *block = weft_block_alloc(allocator, bytes, 1);
    if (!block) {
        return weft_fail(error, WEFT_E_MEMORY, "%s: not enough memory for its %zu bytes", path, bytes);
    }
    int number;
    if (!read_all(fd, block, bytes, &number)) {
        weft_block_free(allocator, block);
        return number
                   ? system_error(error, path, "cannot be read", number)
                   : weft_fail(error, WEFT_E_IO, "%s: the file changed while it was read; try again", path);
    }
    *data = block;
    *size = bytes;
    return WEFT_OK;
}

weft_status weft_file_read(const char *path, size_t limit, const weft_allocator *allocator, void **data,
                           size_t *size, weft_error *error)
{
    *data = NULL;
    *size = 0;
    int fd;
    do {
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe must not hold us */
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) {
        return system_error(error, path, "cannot be opened; check the path", errno);
    }
    weft_status status = read_open(fd, path, limit, allocator, data, size, error);
    close(fd);
    return status;
}

/* Opens a new file beside `path`; its name goes to `name` (room for strlen(path) + 64). -1: errno says why.
 */
static int open_temporary(const char *path, char *name)
{
    static atomic_uint counter;
    const char *slash = strrchr(path, '/');
    size_t folder = slash ? (size_t)(slash - path) + 1 : 0;
    for (int i = 0; i < ATTEMPTS; i++) {
        memcpy(name, path, folder);
        snprintf(name + folder, 64, ".weft-%ld-%u.tmp", (long)getpid(), atomic_fetch_add(&counter, 1));
        int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0 || errno != EEXIST) {
            return fd;
        }
    }
    return -1;
}

/* 0, or the errno of the step that failed. Closes fd. */
static int write_and_close(int fd, const uint8_t *data, size_t size)
{
    int number = 0;
    size_t at = 0;
    while (at < size && !number) {
        ssize_t put = write(fd, data + at, size - at < PIECE ? size - at : PIECE);
        if (put >= 0) {
            at += (size_t)put;
        } else if (errno != EINTR) {
            number = errno;
        }
    }
    if (!number && fsync(fd) != 0) {
        number = errno;
    }
    if (close(fd) != 0 && !number) {
        number = errno;
    }
    return number;
}

/* The rename itself reaches the disk with its folder. A file system that cannot sync a folder is no failure:
 * the file is in its place. */
static void sync_folder(const char *path, char *name)
{
    const char *slash = strrchr(path, '/');
    if (slash) {
        size_t folder = (size_t)(slash - path) + 1;
        memcpy(name, path, folder);
        name[folder] = '\0';
    }
    int fd = open(slash ? name : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

weft_status weft_file_write(const char *path, const void *data, size_t size, const weft_allocator *allocator,
                            weft_error *error)
{
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
        return weft_fail(error, WEFT_E_IO, "%s: is %s; name a file", path,
                         S_ISDIR(info.st_mode) ? "a folder" : "no regular file");
    }
    char *name = weft_block_alloc(allocator, strlen(path) + 64, 1);
    if (!name) {
        return weft_fail(error, WEFT_E_MEMORY, "%s: not enough memory to write it", path);
    }
    weft_status status = WEFT_OK;
    int fd = open_temporary(path, name);
    if (fd < 0) {
        status = system_error(error, path, "no file can be made in its folder", errno);
    } else {
        int number = write_and_close(fd, data, size);
        if (!number && rename(name, path) != 0) {
            number = errno;
        }
        if (number) {
            unlink(name);
            status = system_error(error, path, "cannot be written", number);
        } else {
            sync_folder(path, name);
        }
    }
    weft_block_free(allocator, name);
    return status;
}
