/* weft: making models: ONNX import and quantization. In the library libweft-convert, which may depend on
 * more than libweft itself does (protobuf-c, SLEEF). Conventions as in weft.h. */
#ifndef WEFT_CONVERT_H
#define WEFT_CONVERT_H

#include "weft.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- ONNX ------------------------------------------------------------------------------------ */

/* Imports an ONNX file (opset 7 to 21) as a float model, simplified (docs/embedding.md). Everything that is
 * not supported is reported at once, a line per node. External data is read from the file's own folder
 * only. WEFT_E_UNSUPPORTED also where the build has no ONNX import. */
WEFT_API weft_status weft_onnx_load(const char *path, const weft_allocator *allocator, weft_model **model,
                                    weft_error *error);

typedef struct weft_onnx_save_options {
    size_t size;
    int float_activations; /* 1: the weights of a quantized model, but no rounding of its activations; default 0 */
} weft_onnx_save_options;
WEFT_API void weft_onnx_save_options_default(weft_onnx_save_options *options);
/* Writes a model as an ONNX file of opset 13 that computes in floats, with an open batch: a float model as it is; a
 * quantized one with the integers of its codebooks as weights, scaled behind each convolution, and every activation
 * rounded to what its code stands for by comparisons with the edge's own thresholds. The results are weft's own to
 * the last bit as long as no sum of a convolution reaches 2^24 and no function behind the codes (LRN, softmax) is
 * involved. With float_activations the weights are real numbers: codebook integer times scale. `options` may be NULL.
 * Atomic, as weft_model_save. */
WEFT_API weft_status weft_onnx_save(const weft_model *model, const char *path, const weft_onnx_save_options *options,
                                    weft_error *error);

/* ---- quantization ---------------------------------------------------------------------------- */

/* Gives calibration image `index` as prepared floats (c*h*w, planar). 0: ok; else the run stops with
 * WEFT_E_CANCELLED. Called from one thread, in order, possibly several times over. */
typedef int weft_source_fn(void *cookie, int index, float *out);

typedef struct weft_quantize_options {
    size_t size;
    int weight_levels;     /* 2..32, or 256 (c8) ; default 16 */
    int act_levels;        /* zero included: 2..128; default 32 */
    int first_levels, last_levels; /* of the first and the last layer with weights; default 256 */
    int codebook_max;      /* largest |Q|, 1..127; default 127 */
    int table_max;         /* largest T; default 255 unsigned, 127 signed (0 = that) */
    /* Per-layer overrides, by layer name; NULL, 0 if none. -1 leaves a value as it is. */
    const struct weft_quantize_override {
        const char *layer;
        int weight_levels, act_levels, codebook_max, table_max;
    } *overrides;
    int overrides_count;
    weft_source_fn *source;
    void *source_cookie;
    int images;            /* >= 1 */
    int threads;           /* 0: physical cores */
    void (*progress)(void *cookie, const char *stage, int done, int total); /* may be NULL */
    void *progress_cookie;
} weft_quantize_options;
WEFT_API void weft_quantize_options_default(weft_quantize_options *options);
/* Makes a quantized model from a float one with the published searches. `model` is not changed. */
WEFT_API weft_status weft_quantize(const weft_model *model, const weft_quantize_options *options,
                                   weft_model **quantized, weft_error *error);

#ifdef __cplusplus
}
#endif

#endif
