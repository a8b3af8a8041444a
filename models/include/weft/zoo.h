/* weft: the zoo: well-known networks with seeded synthetic weights, so that they run with no download.
 * In the library libweft-zoo. */
#ifndef WEFT_ZOO_H
#define WEFT_ZOO_H

#include <weft/weft.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Name of a network ("resnet50"), NULL past the last. */
WEFT_API const char *weft_zoo_name(int index);
/* Builds it quantized: torchvision's graph at its usual input size, weights as bins of a realistic
 * distribution, edges with realistic code histograms; the same bits on every machine. */
WEFT_API weft_status weft_zoo_build(const char *name, const weft_allocator *allocator, weft_model **model,
                                    weft_error *error);
/* Golden digest of the network's output codes for the seeded input of weft_zoo_input; 0 if there is none. */
WEFT_API uint64_t weft_zoo_golden(const char *name);
/* Fills c*h*w floats with the seeded input. */
WEFT_API void weft_zoo_input(const weft_model *model, float *input);

#ifdef __cplusplus
}
#endif

#endif
