/* The public verbs of model files. What a file is, its content says, not its name. */
#include <string.h>

#include "core/error.h"
#include "core/pool.h"
#include "format/file_io.h"
#include "format/weft_file.h"

/* An ONNX model is a protobuf message, and every exporter puts ir_version first: field 1, a small number,
 * then another field of ModelProto (opset_import 8, producer_name 2, ... 7), all but domain length-delimited.
 */
static bool looks_like_onnx(const uint8_t *bytes, size_t size)
{
    return size >= 4 && bytes[0] == 0x08 && bytes[1] >= 1 && bytes[1] <= 32 &&
           ((bytes[2] & 7) == 2 || bytes[2] == 0x28) && bytes[2] >> 3 >= 2 && bytes[2] >> 3 <= 8;
}

static weft_status load_bytes(const void *data, size_t size, const char *name,
                              const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    const uint8_t *bytes = data;
    bool container = size > 8 && bytes[8] == '{';
    if (!container && looks_like_onnx(bytes, size)) {
        return weft_fail(error, WEFT_E_FORMAT,
                         "%s: this is an ONNX model, not a .weft file; load it with "
                         "weft_onnx_load, or make a .weft file of it with 'weft quantize'",
                         name);
    }
    return weft_file_parse(data, size, name, allocator, model, error);
}

weft_status weft_model_load_memory(const void *data, size_t size, const char *name,
                                   const weft_allocator *allocator, weft_model **model, weft_error *error)
{
    if (!model) {
        return weft_fail(error, WEFT_E_ARGUMENT, "no place for the model is given");
    }
    *model = NULL;
    name = name ? name : "memory";
    if (!data || size == 0) {
        return weft_fail(error, WEFT_E_ARGUMENT, "%s: no bytes are given", name);
    }
    return load_bytes(data, size, name, allocator, model, error);
}

weft_status weft_model_load(const char *path, const weft_allocator *allocator, weft_model **model,
                            weft_error *error)
{
    if (!model) {
        return weft_fail(error, WEFT_E_ARGUMENT, "no place for the model is given");
    }
    *model = NULL;
    if (!path) {
        return weft_fail(error, WEFT_E_ARGUMENT, "no path is given");
    }
    void *data;
    size_t size;
    weft_status status = weft_file_read(path, WEFT_FILE_SIZE_MAX, allocator, &data, &size, error);
    if (status == WEFT_OK) {
        status = load_bytes(data, size, path, allocator, model, error);
        weft_block_free(allocator, data);
    }
    return status;
}

weft_status weft_model_save(const weft_model *model, const char *path, weft_error *error)
{
    if (!model || !path) {
        return weft_fail(error, WEFT_E_ARGUMENT, "no %s is given", model ? "path" : "model");
    }
    void *data;
    size_t size;
    const weft_allocator *allocator = &model->pool.allocator;
    weft_status status = weft_file_serialise(model, &data, &size, error);
    if (status == WEFT_OK) {
        status = weft_file_write(path, data, size, allocator, error);
        weft_block_free(allocator, data);
    }
    return status;
}
