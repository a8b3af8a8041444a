/* Names of the zoo, and that the conversion library links. */
#include <stdio.h>

#include <weft/convert.h>
#include <weft/zoo.h>

int main(void)
{
    weft_quantize_options options;
    weft_quantize_options_default(&options);
    int names = 0;
    while (weft_zoo_name(names)) {
        names++;
    }
    printf("%d networks, codebooks up to %d by default\n", names, options.codebook_max);
    return names == 0 || options.codebook_max < 2;
}
