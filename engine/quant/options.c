#include <string.h>

#include <weft/convert.h>

void weft_quantize_options_default(weft_quantize_options *options)
{
    memset(options, 0, sizeof *options);
    options->size = sizeof *options;
    options->weight_levels = 16;
    options->act_levels = 32;
    options->first_levels = 256;
    options->last_levels = 256;
    options->codebook_max = 127;
}
