/* weft_onnx_load of a build without protobuf-c or onnx.proto. */
#include <weft/convert.h>

#include "core/error.h"

weft_status weft_onnx_load(const char *path, const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    (void)allocator;
    *model = NULL;
    return weft_fail(error, WEFT_E_UNSUPPORTED,
                     "%s: this build of weft has no ONNX import; install libonnx-dev, libprotobuf-c-dev and "
                     "protobuf-c-compiler (Debian) and build again",
                     path);
}
