/* Constants that nodes make. */
#include "onnx/operators.h"

weft_status weft_onnx_constant(struct weft_onnx_node *node)
{
    const WeftOnnx__AttributeProto *attribute = node->proto->n_attribute == 1 ? node->proto->attribute[0] : NULL;
    struct weft_onnx_value *value = node->outputs[0];
    if (!attribute) {
        return weft_onnx_damage(node, "it has %zu values", node->proto->n_attribute);
    }
    if (attribute->t) {
        return weft_onnx_constant_from_proto(node->import, value, attribute->t);
    }
    struct weft_pool *pool = &node->import->pool;
    bool integer = weft_onnx_attribute(node, "value_int") || weft_onnx_attribute(node, "value_ints");
    bool list = weft_onnx_attribute(node, "value_ints") || weft_onnx_attribute(node, "value_floats");
    size_t items = integer ? attribute->n_ints : attribute->n_floats;
    int64_t count = list ? (int64_t)items : 1;
    const void *from = integer ? (list ? (const void *)attribute->ints : &attribute->i)
                               : (list ? (const void *)attribute->floats : &attribute->f);
    void *data = weft_pool_copy(pool, from, (size_t)count, integer ? sizeof(int64_t) : sizeof(float));
    if (!data) {
        return WEFT_E_MEMORY;
    }
    if (integer) {
        weft_onnx_put_integers(node, data, list ? 1 : 0, &count);
    } else {
        weft_onnx_put_floats(node, data, list ? 1 : 0, &count);
    }
    return WEFT_OK;
}
