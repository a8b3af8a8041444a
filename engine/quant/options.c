#include <string.h>

#include <weft/convert.h>

void weft_quantize_options_default(weft_quantize_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->nearest = options->lloyd = options->channel_scale = options->compensate = options->bias_correction = 1;
    options->max_drop = 1;
    options->codebook_max = 127;
}
