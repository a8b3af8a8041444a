#include "limits.h"

#include <stddef.h>
#include <string.h>

/* Parts of the importer's lines. What is not here is a fault of the importer. */
static const char *const limits[] = {
    /* values */
    "is not of floats",
    "a tensor of another type than float",
    "a tensor without elements",
    "it leaves 0 channels",
    "a dimension above 65536",
    /* opset 6, read as 7 */
    "attribute 'broadcast' is not known",
    "attribute 'is_test' is not known",
    /* networks */
    "weft's layers have one output", /* Dropout's mask, MaxPool's indices */
    "its output depends on no input",
    "it does not depend on the input",
    "it is in training mode",
    "statistics of the batch",
    /* layouts: N, C, H, W, and the batch stays apart */
    "dimensions that mix the batch with the rest",
    "it joins along axis",
    "it cuts axis",
    "it gathers other than channels",
    "it splits another axis than channels",
    "it moves values: weft's layout is fixed",
    "it mixes the images of the batch",
    "it reduces other dimensions than rows and columns",
    "weft has those of one and two dimensions",
    "weft pads with a constant only",
    /* two tensors meet in a sum, a gate or a concatenation only */
    "is neither one number nor one per channel",
    "a difference of two tensors",
    "a product of tensors that is no gate",
    "a division by a tensor",
    "its slope is not constant",
    "its bounds are not constant numbers",
    "weft has it for a tensor and a constant number only",
    "its second factor is no matrix",
    /* shape arithmetic */
    "weft computes this operator on constants only",
};

bool is_stated_limit(const char *line)
{
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        if (strstr(line, limits[i])) {
            return true;
        }
    }
    return false;
}
