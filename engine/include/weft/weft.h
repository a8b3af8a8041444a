/* weft: convolutional neural networks on CPUs in the quantized domain.
 *
 * The whole public interface of the library. A *model* is a network, float (imported from ONNX) or
 * quantized (weights as bins + codebook, activations as sign + exponent codes). A *session* is a model
 * planned for one ISA and a number of threads; running it allocates nothing.
 *
 * Conventions: every function that can fail returns a weft_status (0 = ok) and, if `error` is not NULL,
 * writes one line there that names the file, the layer, the cause and the mend. The library never
 * prints, aborts or exits. Handles are opaque; `_free` functions take the address of the handle, set it
 * to NULL, and accept NULL. Different handles may be used from different threads at the same time; one
 * session from one thread at a time; one model by any number of sessions (it is not changed by them).
 */
#ifndef WEFT_WEFT_H
#define WEFT_WEFT_H

#include <stddef.h>
#include <stdint.h>

#include "version.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define WEFT_API __attribute__((visibility("default")))
#else
#define WEFT_API
#endif

/* ---- status ---------------------------------------------------------------------------------- */

/* Numbers are stable. */
typedef enum weft_status {
    WEFT_OK = 0,
    WEFT_E_ARGUMENT = 1,    /* a parameter is out of its range */
    WEFT_E_MEMORY = 2,      /* an allocation failed */
    WEFT_E_IO = 3,          /* a file could not be read or written */
    WEFT_E_FORMAT = 4,      /* a file is damaged or not of this format */
    WEFT_E_VERSION = 5,     /* a file of a newer format version */
    WEFT_E_UNSUPPORTED = 6, /* an operator, attribute or feature that weft does not have */
    WEFT_E_ISA = 7,         /* an ISA that this build or this machine does not have */
    WEFT_E_RANGE = 8,       /* numbers of a model break a bound of the arithmetic */
    WEFT_E_MISMATCH = 9,    /* verification found a difference */
    WEFT_E_CANCELLED = 10   /* a callback asked to stop */
} weft_status;

/* Short English name of a status; never NULL. */
WEFT_API const char *weft_status_name(weft_status status);

/* One line of text about the last failure; empty after success is not promised. May be very long only
 * for import errors, which list every unsupported node, a line each. */
typedef struct weft_error {
    char text[4096];
} weft_error;

/* Version string of the library in use. */
WEFT_API const char *weft_version(void);

/* ---- settings -------------------------------------------------------------------------------- */

/* Memory for everything that a handle owns. alloc: size > 0, align a power of two <= 4096; NULL on
 * failure. Both NULL: the C library's. Must be thread-safe if handles are used from several threads. */
typedef struct weft_allocator {
    void *(*alloc)(void *cookie, size_t size, size_t align);
    void (*free)(void *cookie, void *pointer);
    void *cookie;
} weft_allocator;

/* ---- processor ------------------------------------------------------------------------------- */

/* Names of the ISA levels, weakest first: "scalar", "avx2", ... NULL beyond the last. */
WEFT_API const char *weft_isa_name(int index);
/* Bit of a level in the masks below (1u << index), with no implied levels. 0 if unknown. */
WEFT_API unsigned weft_isa_from_name(const char *name);
/* Levels that this machine and this build both have. */
WEFT_API unsigned weft_isa_available(void);
/* Physical cores that this process may run on; at least 1. */
WEFT_API int weft_physical_cores(void);

/* One kernel that a session held to `isa` would use. Returns WEFT_E_ARGUMENT past the last index. */
typedef struct weft_kernel_info {
    const char *role; /* "conv c4", "conv c4 narrow", "depthwise", "lookup", ... */
    const char *name; /* name of the function */
} weft_kernel_info;
WEFT_API weft_status weft_kernel_choice(const char *isa, int index, weft_kernel_info *info);

/* ---- models ---------------------------------------------------------------------------------- */

typedef struct weft_model weft_model;

/* How an image becomes the float input: value = (pixel - mean[c]) * scale[c], pixel 0..255, channels
 * in `bgr` or RGB order; resized (short side, if `resize` > 0) and centre-cropped to width x height. */
typedef struct weft_prep {
    int width, height, channels;
    int resize; /* short side before the crop; 0: crop only (scale up only if the image is too small) */
    int bgr;
    float mean[3], scale[3]; /* in the order of the model's channels */
} weft_prep;

/* Loads a .weft file (ONNX files: weft_onnx_load in convert.h). `allocator` may be NULL. On failure
 * *model is NULL. */
WEFT_API weft_status weft_model_load(const char *path, const weft_allocator *allocator, weft_model **model,
                                     weft_error *error);
/* The same for a .weft file in memory (not kept). `name` stands for the file in errors. */
WEFT_API weft_status weft_model_load_memory(const void *data, size_t size, const char *name,
                                            const weft_allocator *allocator, weft_model **model,
                                            weft_error *error);
/* Writes a quantized model as a .weft file: to a temporary file beside PATH, synced, renamed. */
WEFT_API weft_status weft_model_save(const weft_model *model, const char *path, weft_error *error);
WEFT_API void weft_model_free(weft_model **model);

typedef struct weft_model_info {
    const char *name;       /* of the network; owned by the model */
    const char *provenance; /* how it came to be, free text, "" if unknown */
    int quantized;          /* 0: float */
    int layers, edges;      /* nodes and tensors of the graph */
    int input_c, input_h, input_w;
    int output_c, output_h, output_w;
    int64_t macs;           /* multiply-adds of one inference (convolutions and products) */
    int64_t parameters;     /* weights and biases */
    int64_t weight_bytes;   /* bit-packed bins (quantized) or floats */
    int labels;             /* number of labels, 0 if none */
    weft_prep prep;         /* prep.width == 0: unknown */
} weft_model_info;
WEFT_API void weft_model_describe(const weft_model *model, weft_model_info *info);
/* Label of a class, or NULL. */
WEFT_API const char *weft_model_label(const weft_model *model, int index);
/* Copies the labels (NULL, 0 removes them) and the input preparation into the model. */
WEFT_API weft_status weft_model_set_labels(weft_model *model, const char *const *labels, int count);
WEFT_API weft_status weft_model_set_prep(weft_model *model, const weft_prep *prep);

/* One layer, for `inspect`, `verify` and reports. Strings live as long as the model. */
typedef struct weft_layer_info {
    const char *name, *op;     /* op: "conv", "depthwise", "dense", "maxpool", ... */
    const char *weight_format; /* "c4", "f32", "" if there are no weights */
    int weight_levels, codebook_max;
    int kernel_h, kernel_w, stride_h, stride_w, groups;
    int in_c, out_c, out_h, out_w;
    int64_t macs, weights;
    const char *act;           /* fused activation: "none", "clip", ... */
    int has_residual;
    const char *edge_format;   /* of the output: "log", "linear", "float" */
    int edge_signed, edge_magnitudes, edge_fsr, edge_step, edge_table_max;
    float edge_scale;
    int16_t codebook[32];      /* signed integers Q of the bins 0 .. codebook_size - 1 (c2 .. c5) */
    int codebook_size;         /* 0 where bins are plain integers (c8) or there are none */
} weft_layer_info;
/* WEFT_E_ARGUMENT if there is no such layer. */
WEFT_API weft_status weft_model_layer(const weft_model *model, int index, weft_layer_info *info);

/* ---- sessions -------------------------------------------------------------------------------- */

typedef struct weft_session weft_session;

/* Convolutions 3x3 of stride 1 or 2 can be done with fewer products where codebook and tables leave head room in a
 * byte, or, on AVX2 and AVX-512 without VNNI, in words of 16 bits; pointwise ones by Strassen's algorithm under like
 * conditions (docs/winograd.md). The results are the same to the last bit. */
typedef enum weft_winograd {
    WEFT_WINOGRAD_AUTO = 0, /* where it is expected to be faster */
    WEFT_WINOGRAD_OFF = 1,
    WEFT_WINOGRAD_1D = 2,   /* F(2,3) wherever it is exact */
    WEFT_WINOGRAD_2D = 3,   /* F(2x2,3x3) wherever it is exact; for stride 2 where the ISA has it */
    WEFT_WINOGRAD_4X4 = 4,  /* F(4x4,3x3) in words of 16 bits, wherever it is exact and the ISA has it */
    WEFT_WINOGRAD_STRASSEN = 5 /* seven products for eight, pointwise, wherever it is exact and the ISA has it */
} weft_winograd;

typedef struct weft_session_options {
    size_t size;     /* sizeof(weft_session_options), for later versions */
    const char *isa; /* level to hold to, NULL: the best available */
    int threads;     /* 1..256; 0: physical cores */
    const weft_allocator *allocator; /* NULL: the model's */
    weft_winograd winograd;
    const weft_winograd *layer_winograd; /* one for each layer, in place of `winograd`; NULL: none. Not kept */
    int layer_winograd_count;
} weft_session_options;
WEFT_API void weft_session_options_default(weft_session_options *options);

/* Plans the model: packs weights for the ISA, lays out the arena, starts the session's threads (WEFT_E_MEMORY if the
 * system starts no more). All memory is taken here. A float
 * model gives a float session (the reference path; `isa` is then not used). The model must outlive
 * the session. An ISA that is absent is an error (WEFT_E_ISA), never a silent fall-back. */
WEFT_API weft_status weft_session_create(const weft_model *model, const weft_session_options *options,
                                         weft_session **session, weft_error *error);
WEFT_API void weft_session_free(weft_session **session);

/* What weft_session_tune measured of one layer; seconds are 0 where a form is not exact or not there. */
typedef struct weft_layer_tuning {
    weft_winograd rule;   /* what WEFT_WINOGRAD_AUTO takes: OFF or a form */
    weft_winograd choice; /* what was quickest; the rule's unless another was so by 2 % */
    double direct_seconds, seconds_1d, seconds_2d, seconds_4x4, seconds_strassen;
} weft_layer_tuning;
/* Measures every form of every layer where there is a choice, in runs of the whole network, for about `seconds` (at
 * least three runs of each): give the choices to sessions as layer_winograd. `options` as for the sessions to come; its
 * choices of winograd are not read. `count` is the number of layers. Quantized models only. */
WEFT_API weft_status weft_session_tune(const weft_model *model, const weft_session_options *options, double seconds,
                                       weft_layer_tuning *layers, int count, weft_error *error);

/* One inference of one image. input: c*h*w floats, planar (NCHW), prepared; output: c*h*w floats,
 * planar. A quantized session allocates nothing here, takes no lock and does no I/O. */
WEFT_API weft_status weft_session_run(weft_session *session, const float *input, float *output);

typedef struct weft_session_info {
    const char *isa; /* level in use, "float" for a float session */
    int threads;
    size_t arena_bytes;  /* activations and scratch, all threads */
    size_t packed_bytes; /* weights as packed for the kernels */
} weft_session_info;
WEFT_API void weft_session_describe(const weft_session *session, weft_session_info *info);

/* Digest (FNV-1a, 64 bit) of layer `index`'s output in the last run: codes of a code edge, float bits
 * of a float edge, in canonical order (h, w, c), so that it is equal for every ISA and thread count.
 * Only sessions created with weft_session_create_traced keep every layer's output. */
WEFT_API weft_status weft_session_create_traced(const weft_model *model, const weft_session_options *options,
                                                weft_session **session, weft_error *error);
WEFT_API weft_status weft_session_layer_digest(const weft_session *session, int index, uint64_t *digest);
/* Copies layer `index`'s output of a traced session as codes (bytes, canonical order); for float edges
 * the float bits. *count elements of *element_size bytes; out may be NULL to ask for the sizes. */
WEFT_API weft_status weft_session_layer_output(const weft_session *session, int index, void *out,
                                               size_t capacity, size_t *count, size_t *element_size);
/* The integer accumulators that layer `index` made for the last run of a traced session, in canonical
 * order (h, w, c), before the epilogue. *count = 0 for layers that have none. */
WEFT_API weft_status weft_session_layer_accumulators(const weft_session *session, int index, int32_t *out,
                                                     size_t capacity, size_t *count);

/* ---- profile --------------------------------------------------------------------------------- */

/* How a session carries out layer `index`. Strings live as long as the session. */
typedef struct weft_layer_plan {
    const char *algorithm; /* "direct", "winograd 2x2", "winograd 4x4", "pointwise", "strassen", "dense", "depthwise",
                              ...; "looked up": bins become bytes once for many pixels */
    const char *kernel;    /* the function that does most of the work; "" where there is no choice */
    int64_t weight_bytes;  /* as packed */
    int64_t input_bytes;   /* of all inputs, a residual too */
    int64_t output_bytes;
} weft_layer_plan;
/* WEFT_E_ARGUMENT if there is no such layer. */
WEFT_API weft_status weft_session_layer_plan(const weft_session *session, int index, weft_layer_plan *plan);
/* weft_session_run that reads the clock between layers: seconds[0] is the input's conversion, seconds[i + 1] layer
 * i, the last one the output's; `count` is the number of layers + 2. Each figure holds one reading of the clock. */
WEFT_API weft_status weft_session_profile(weft_session *session, const float *input, float *output, double *seconds,
                                          int count);

/* ---- verification ---------------------------------------------------------------------------- */

/* Called for each contender; a difference is described in `what` (layer, position, both values). */
typedef struct weft_verify_options {
    size_t size;
    unsigned isa_mask;          /* levels to check (bits of weft_isa_from_name); 0: all available */
    const int *threads;         /* thread counts to check */
    int threads_count;          /* 0: 1 only */
    const float *input;         /* images inputs of c*h*w floats; NULL: one seeded random input */
    int images;
    void (*layer)(void *cookie, int index, const char *name, uint64_t digest); /* of the scalar reference */
    void (*verdict)(void *cookie, const char *isa, int threads, int same);     /* once per contender */
    void *cookie;
} weft_verify_options;
WEFT_API void weft_verify_options_default(weft_verify_options *options);
/* Runs the scalar reference and every contender layer by layer and compares codes and accumulators bit
 * by bit, and the output of an ordinary session of each contender besides. WEFT_E_MISMATCH on the first
 * difference (error says where). *digest: of all layers. */
WEFT_API weft_status weft_verify(const weft_model *model, const weft_verify_options *options,
                                 uint64_t *digest, weft_error *error);

#ifdef __cplusplus
}
#endif

#endif
