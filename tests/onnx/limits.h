/* weft: why the importer may refuse an operator that it has. */
#ifndef WEFT_TESTS_ONNX_LIMITS_H
#define WEFT_TESTS_ONNX_LIMITS_H

#include <stdbool.h>

/* Whether the importer's line gives one of the reasons that are limits by design. */
bool is_stated_limit(const char *line);

#endif
