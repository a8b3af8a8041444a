/* A run of a quantized session allocates nothing: neither through the session's allocator nor, here where the
 * program puts its own functions before the C library's, by malloc or its kin. The session's threads
 * are there before the first run. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "counting.h"
#include "models.h"

/* glibc's own names of what is put before it here. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t align, size_t size);
void __libc_free(void *block);

static atomic_long calls;

void *malloc(size_t size)
{
    atomic_fetch_add(&calls, 1);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    atomic_fetch_add(&calls, 1);
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    atomic_fetch_add(&calls, 1);
    return __libc_realloc(block, size);
}

void *aligned_alloc(size_t align, size_t size)
{
    atomic_fetch_add(&calls, 1);
    return __libc_memalign(align, size);
}

int posix_memalign(void **block, size_t align, size_t size)
{
    atomic_fetch_add(&calls, 1);
    *block = __libc_memalign(align, size);
    return *block ? 0 : 12; /* ENOMEM */
}

void free(void *block)
{
    atomic_fetch_add(&calls, block != NULL);
    __libc_free(block);
}

static int passed, failed;
static float input[3 * 16 * 16], output[64];

/* Calls of the C library's functions in one run. */
static long run(weft_session *session, weft_status *status)
{
    long before = atomic_load(&calls);
    *status = weft_session_run(session, input, output);
    return atomic_load(&calls) - before;
}

static void check_session(const struct weft_model *model, const char *isa, int threads)
{
    struct counting counting;
    weft_allocator allocator = counting_allocator(&counting);
    weft_session_options options;
    weft_session *session = NULL;
    weft_error error = {""};
    weft_session_options_default(&options);
    options.isa = isa;
    options.threads = threads;
    options.allocator = &allocator;
    weft_status status = weft_session_create(model, &options, &session, &error);
    long own = counting.calls, seen = 0;
    for (int i = 0; status == WEFT_OK && i < 4; i++) {
        long here = run(session, &status);
        seen += here;
    }
    int fine = status == WEFT_OK && own > 0 && counting.calls == own && seen == 0;
    passed += fine;
    failed += !fine;
    printf("%-4s %-12s %d threads: %ld blocks before the first run, %ld in the runs, %ld calls of malloc and free %s\n",
           fine ? "ok" : "FAIL", isa, threads, own, counting.calls - own, seen, error.text);
    weft_session_free(&session);
}

int main(void)
{
    struct weft_model *model = models_build(MODELS_MEDIUM, 1, NULL);
    if (!model || atomic_load(&calls) == 0) {
        puts(model ? "malloc is not the one of this program" : "no memory for the model");
        return 2;
    }
    for (size_t i = 0; i < sizeof input / sizeof *input; i++) {
        input[i] = (float)(i % 17) / 17 - 0.5f;
    }
    for (int i = 0; weft_isa_name(i); i++) {
        for (int threads = 1; threads <= 3 && weft_isa_available() & weft_isa_from_name(weft_isa_name(i)); threads++) {
            check_session(model, weft_isa_name(i), threads);
        }
    }
    weft_model_free(&model);
    printf("%d passed, %d failed\n", passed, failed);
    return failed != 0;
}
