/* Tensors whose data lie in files beside the model. The model names the files, and is not trusted: a file must be
 * in the model's folder or below it, and no part of the way may be a symbolic link. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "onnx/importer.h"

#define PATH_MAX_BYTES 4096
#define PIECE ((size_t)1 << 30) /* most systems read less than 2^31 bytes at once */

/* A file that was read before: it has raised the limit of memory once. */
struct weft_onnx_external {
    struct weft_onnx_external *next;
    dev_t device;
    ino_t inode;
};

struct where {
    const char *location;
    uint64_t offset, length;
    bool has_length;
};

static weft_status complain(struct weft_onnx *import, const WeftOnnx__TensorProto *tensor, const char *what)
{
    char name[128];
    weft_onnx_report(import, WEFT_E_FORMAT, "constant '%s', in a file beside the model: %s",
                     weft_onnx_printable(tensor->name ? tensor->name : "", name, sizeof name), what);
    return WEFT_E_FORMAT;
}

static bool parse_number(const char *text, uint64_t *value)
{
    *value = 0;
    size_t i = 0;
    for (; text[i] >= '0' && text[i] <= '9' && i < 18; i++) {
        *value = *value * 10 + (uint64_t)(text[i] - '0');
    }
    return i > 0 && text[i] == '\0';
}

static const char *find_entries(const WeftOnnx__TensorProto *tensor, struct where *where)
{
    *where = (struct where){0};
    for (size_t i = 0; i < tensor->n_external_data; i++) {
        const char *key = tensor->external_data[i]->key, *value = tensor->external_data[i]->value;
        if (!key || !value) {
            return "an entry without key or value";
        }
        if (strcmp(key, "location") == 0) {
            where->location = value;
        } else if (strcmp(key, "offset") == 0) {
            if (!parse_number(value, &where->offset)) {
                return "its offset is no number";
            }
        } else if (strcmp(key, "length") == 0) {
            where->has_length = true;
            if (!parse_number(value, &where->length)) {
                return "its length is no number";
            }
        }
    }
    return where->location ? NULL : "it names no file";
}

/* Descriptor of the model's folder, or -1. */
static int open_folder(const char *file)
{
    char path[PATH_MAX_BYTES];
    const char *slash = strrchr(file, '/');
    size_t length = slash ? (size_t)(slash - file) + 1 : 0;
    if (length >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(path, file, length);
    path[length] = '\0';
    return open(length ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Opens `location` below the model's folder, one component after the other. */
static const char *open_below(const char *file, const char *location, int *fd)
{
    static const char *const gone = "it cannot be opened: is it beside the model, and no symbolic link?";
    *fd = open_folder(file);
    while (*fd >= 0) {
        char part[256];
        size_t length = strcspn(location, "/");
        if (length == 0 || length >= sizeof part || (length == 2 && memcmp(location, "..", 2) == 0)) {
            close(*fd);
            return "its path leaves the folder of the model, or is no path";
        }
        memcpy(part, location, length);
        part[length] = '\0';
        bool last = location[length] == '\0';
        int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (last ? O_NONBLOCK : O_DIRECTORY);
        int next = openat(*fd, part, flags);
        close(*fd);
        *fd = next;
        if (last) {
            return next >= 0 ? NULL : gone;
        }
        location += length + 1;
    }
    return gone;
}

/* The size of a file is what justifies memory: once for each. */
static bool raise_limit(struct weft_onnx *import, const struct stat *info)
{
    for (const struct weft_onnx_external *seen = import->external; seen; seen = seen->next) {
        if (seen->device == info->st_dev && seen->inode == info->st_ino) {
            return true;
        }
    }
    struct weft_onnx_external *entry = weft_pool_alloc(&import->pool, 1, sizeof *entry);
    if (!entry) {
        return false;
    }
    *entry = (struct weft_onnx_external){import->external, info->st_dev, info->st_ino};
    import->external = entry;
    size_t more = (uint64_t)info->st_size < SIZE_MAX / 8 ? (size_t)info->st_size * WEFT_ONNX_MEMORY_TIMES : 0;
    import->memory.limit += more < SIZE_MAX - import->memory.limit ? more : 0;
    return true;
}

static const char *read_at(int fd, uint8_t *out, size_t size, uint64_t offset)
{
    size_t at = 0;
    while (at < size) {
        size_t piece = size - at < PIECE ? size - at : PIECE;
        ssize_t got = pread(fd, out + at, piece, (off_t)(offset + at));
        if (got > 0) {
            at += (size_t)got;
        } else if (got == 0 || errno != EINTR) {
            return "it cannot be read to its end";
        }
    }
    return NULL;
}

weft_status weft_onnx_external_read(struct weft_onnx *import, const WeftOnnx__TensorProto *tensor, size_t size,
                                    void **data)
{
    struct where where;
    int fd = -1;
    const char *problem = find_entries(tensor, &where);
    if (!problem) {
        problem = open_below(import->file, where.location, &fd);
    }
    if (problem) {
        return complain(import, tensor, problem);
    }
    struct stat info;
    bool sound = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size >= 0;
    uint64_t file_size = sound ? (uint64_t)info.st_size : 0;
    if (!sound || where.offset > file_size || size > file_size - where.offset ||
        (where.has_length && where.length != size)) {
        close(fd);
        return complain(import, tensor, "the file is shorter than the tensor, or of another length than it says");
    }
    *data = raise_limit(import, &info) ? weft_block_alloc(&import->pool.allocator, size, 1) : NULL;
    problem = *data ? read_at(fd, *data, size, where.offset) : NULL;
    close(fd);
    if (problem) {
        weft_block_free(&import->pool.allocator, *data);
        *data = NULL;
        return complain(import, tensor, problem);
    }
    return *data ? WEFT_OK : WEFT_E_MEMORY;
}
