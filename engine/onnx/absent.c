/* weft_onnx_load and weft_onnx_save of a build without protobuf-c or onnx.proto. */
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

void weft_onnx_save_options_default(weft_onnx_save_options *options)
{
    *options = (weft_onnx_save_options){.size = sizeof *options};
}

weft_status weft_onnx_save(const weft_model *model, const char *path, const weft_onnx_save_options *options,
                           weft_error *error)
{
    (void)model;
    (void)options;
    return weft_fail(error, WEFT_E_UNSUPPORTED,
                     "%s: this build of weft writes no ONNX; install libonnx-dev, libprotobuf-c-dev and "
                     "protobuf-c-compiler (Debian) and build again",
                     path);
}
