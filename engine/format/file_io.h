/* weft: whole files. Any path; no assumption about what is in them. */
#ifndef WEFT_FORMAT_FILE_IO_H
#define WEFT_FORMAT_FILE_IO_H

#include <stddef.h>

#include <weft/weft.h>

/* Largest model file that is read. */
#define WEFT_FILE_SIZE_MAX ((size_t)4 << 30)

/* Reads a regular file of 1 to `limit` bytes into one block (weft_block_free with the same allocator, which
 * may be NULL). WEFT_E_IO with one line for anything else: missing, a folder, a pipe, empty, too large,
 * changed while it was read. Thread-safe. */
weft_status weft_file_read(const char *path, size_t limit, const weft_allocator *allocator, void **data,
                           size_t *size, weft_error *error);

/* Writes a file so that at any moment `path` is the old file or the whole new one: a temporary file in the
 * same folder, synced, renamed. On failure the temporary file is removed and `path` is as it was. A symbolic
 * link is replaced, not followed; what is neither missing nor a regular file is refused. Thread-safe. */
weft_status weft_file_write(const char *path, const void *data, size_t size, const weft_allocator *allocator,
                            weft_error *error);

#endif
