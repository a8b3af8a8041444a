/* weft: making models: ONNX import and quantization. In the library libweft-convert, which may depend on
 * more than libweft itself does (protobuf-c; OpenBLAS where it is found). Conventions as in weft.h. */
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

/* What was chosen and what it costs. Powers are mean squares; an SQNR is signal over noise in decibels, NaN where it
 * was not measured. */
enum { WEFT_REPORT_BINS = 128 };
typedef struct weft_report_layer { /* a layer with weights */
    int layer;                     /* index of weft_model_layer */
    int bits, levels, codebook_max;
    int headroom;                  /* 0 none, 1 F(2,3) along rows, 2 F(2x2,3x3) */
    int64_t weights;
    double entropy;                /* weighted entropy of the weights over the codebook's bins */
    double sensitivity;            /* logit noise caused by a unit of output noise; NaN if it was not measured */
    double sensitivity_noise;      /* output noise that it was measured with */
    double sqnr_weights, sqnr_output;
    double zeros;                  /* share of weights that are 0 */
    int bias_corrected;
    float histogram_top;           /* the histogram reaches from -top to top, in units of the codebook's integers */
    uint32_t histogram[WEFT_REPORT_BINS];
} weft_report_layer;
typedef struct weft_report_edge {
    const char *name;
    int layer;                /* index of the layer that makes it, -1: the input */
    const char *format;       /* "log", "linear", "float" */
    int is_signed, magnitudes, step, table_max;
    float scale;
    double sensitivity, sensitivity_noise; /* as of a layer */
    double sqnr;              /* of the rounding alone, on the float network's values */
    double zeros, saturated;  /* share of the values */
    float values[256];        /* magnitudes of the codes 0 .. magnitudes */
    float histogram_top;      /* log2 of the upper end; a bin is an eighth of an octave, the first takes all below */
    uint32_t histogram[WEFT_REPORT_BINS];
} weft_report_edge;
typedef struct weft_quantize_report {
    size_t size;
    weft_report_layer *layers;
    int layers_count;
    weft_report_edge *edges;
    int edges_count;
    int64_t weights, weight_bytes;
    double average_bits;
    int images, images_kept;  /* calibration inputs; those that stayed in memory for everything but the statistics */
    int rounds;               /* of the search */
    double agreement;         /* with the float network, share of the kept images */
    double drop, drop_error;  /* estimated points of top-1, and the standard error */
    double sqnr;              /* of the outputs about their means */
    int within_budget;
    void *memory;
} weft_quantize_report;
/* FITTED: from the weighted-entropy codebook on, each of the steps below. ENTROPY: as published. */
enum weft_weights_method { WEFT_WEIGHTS_FITTED, WEFT_WEIGHTS_ENTROPY };
/* FITTED: squared error over step and scale, nearest-value thresholds, or linear. ENTROPY: as published. */
enum weft_acts_method { WEFT_ACTS_FITTED, WEFT_ACTS_ENTROPY };
/* Small integers for exact Winograd transforms of 3x3 layers: as far as the budget allows, none, in every such
 * layer. */
enum weft_headroom_wish { WEFT_HEADROOM_AUTO, WEFT_HEADROOM_OFF, WEFT_HEADROOM_ALL };

typedef struct weft_quantize_options {
    size_t size;
    enum weft_weights_method weights;
    enum weft_acts_method acts;
    enum weft_headroom_wish headroom;
    /* Steps of WEFT_WEIGHTS_FITTED, all 1 by default: nearest value (else the bins of the entropy search),
     * least-squares codebook, a scale for each output channel from the start on, second-order error compensation, bias
     * correction. */
    int nearest, lloyd, channel_scale, compensate, bias_correction;
    double max_drop;       /* points of top-1 that may be lost by estimate where levels are searched; default 1 */
    int64_t max_size;      /* or: bytes of bins at most, with the least loss; 0: no such limit */
    int weight_levels;     /* 2..32, or 256 (c8); 0, the default: searched layer by layer (ENTROPY: 16) */
    int act_levels;        /* zero included: 2..128; 0, the default: searched edge by edge (ENTROPY: 32) */
    int first_levels, last_levels; /* of the first and the last layer with weights; 0: 256 where weight_levels is fixed,
                                      else searched */
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
    weft_quantize_report *report; /* filled on success, then freed by the caller; may be NULL */
} weft_quantize_options;
WEFT_API void weft_quantize_options_default(weft_quantize_options *options);

WEFT_API void weft_quantize_report_free(weft_quantize_report *report);

/* Makes a quantized model from a float one. `model` is not changed. The result depends on the inputs and their order,
 * not on `threads`. */
WEFT_API weft_status weft_quantize(const weft_model *model, const weft_quantize_options *options,
                                   weft_model **quantized, weft_error *error);

#ifdef __cplusplus
}
#endif

#endif
