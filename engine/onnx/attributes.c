/* Attributes of a node. Their types are checked once (weft_onnx_check_attributes), so that the getters need not. */
#include <string.h>

#include "onnx/importer.h"

/* No operator has as many; they are searched one by one. */
#define ATTRIBUTES_MAX 64

const WeftOnnx__AttributeProto *weft_onnx_attribute(const struct weft_onnx_node *node, const char *name)
{
    for (size_t i = 0; i < node->proto->n_attribute; i++) {
        const WeftOnnx__AttributeProto *attribute = node->proto->attribute[i];
        if (attribute->name && strcmp(attribute->name, name) == 0) {
            return attribute;
        }
    }
    return NULL;
}

int64_t weft_onnx_int(const struct weft_onnx_node *node, const char *name, int64_t otherwise)
{
    const WeftOnnx__AttributeProto *attribute = weft_onnx_attribute(node, name);
    return attribute ? attribute->i : otherwise;
}

float weft_onnx_float(const struct weft_onnx_node *node, const char *name, float otherwise)
{
    const WeftOnnx__AttributeProto *attribute = weft_onnx_attribute(node, name);
    return attribute ? attribute->f : otherwise;
}

const int64_t *weft_onnx_ints(const struct weft_onnx_node *node, const char *name, int *count)
{
    const WeftOnnx__AttributeProto *attribute = weft_onnx_attribute(node, name);
    *count = attribute && attribute->n_ints <= INT32_MAX ? (int)attribute->n_ints : 0;
    return attribute ? attribute->ints : NULL;
}

bool weft_onnx_string_is(const struct weft_onnx_node *node, const char *name, const char *text)
{
    const WeftOnnx__AttributeProto *attribute = weft_onnx_attribute(node, name);
    size_t length = strlen(text);
    /* An empty string may have no data. */
    return attribute && attribute->s.len == length && (length == 0 || memcmp(attribute->s.data, text, length) == 0);
}

/* The letter that the table has for a name, or '\0'. */
static char letter_of(const char *types, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = types; length > 0 && (at = strstr(at, name)) != NULL; at += length) {
        if ((at == types || at[-1] == ' ') && at[length] == ':') {
            return at[length + 1];
        }
    }
    return '\0';
}

static char letter_of_type(const WeftOnnx__AttributeProto *attribute)
{
    switch (attribute->type) {
    case WEFT_ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT:
        return 'f';
    case WEFT_ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT:
        return 'i';
    case WEFT_ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING:
        return 's';
    case WEFT_ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR:
        return 't';
    case WEFT_ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS:
        return 'F';
    case WEFT_ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS:
        return 'I';
    default:
        return '?';
    }
}

weft_status weft_onnx_check_attributes(const struct weft_onnx_node *node, const char *types)
{
    if (node->proto->n_attribute > ATTRIBUTES_MAX) {
        return weft_onnx_damage(node, "more than %d attributes", ATTRIBUTES_MAX);
    }
    for (size_t i = 0; i < node->proto->n_attribute; i++) {
        const WeftOnnx__AttributeProto *attribute = node->proto->attribute[i];
        char name[64];
        weft_onnx_printable(attribute->name ? attribute->name : "", name, sizeof name);
        char letter = letter_of(types, attribute->name ? attribute->name : "");
        if (letter == '\0') {
            return weft_onnx_refuse(node, "attribute '%s' is not known", name);
        }
        if (weft_onnx_attribute(node, attribute->name) != attribute) {
            return weft_onnx_damage(node, "attribute '%s' is there twice", name);
        }
        /* The first exporters wrote no types. */
        if (attribute->has_type && letter_of_type(attribute) != letter) {
            return weft_onnx_damage(node, "attribute '%s' has another type than its operator asks for", name);
        }
        if (letter == 't' && !attribute->t) {
            return weft_onnx_damage(node, "attribute '%s' has no value", name);
        }
    }
    return WEFT_OK;
}

weft_status weft_onnx_list(struct weft_onnx_node *node, int k, const char *attribute, int most, const int64_t **list,
                           int *count)
{
    struct weft_onnx_value *value = weft_onnx_input(node, k);
    if (!value) {
        *list = weft_onnx_ints(node, attribute, count);
        return *count <= most ? WEFT_OK : weft_onnx_refuse(node, "'%s' has more than %d numbers", attribute, most);
    }
    if (value->kind != WEFT_ONNX_CONSTANT || !value->integer || value->rank > 1) {
        return weft_onnx_refuse(node, "its input %d ('%s') is no constant list of integers", k, attribute);
    }
    int64_t length = weft_onnx_elements(value->rank, value->dims);
    if (length > most) {
        return weft_onnx_refuse(node, "'%s' has more than %d numbers", attribute, most);
    }
    *count = (int)length;
    *list = weft_onnx_integers(node->import, value);
    return *list ? WEFT_OK : WEFT_E_MEMORY;
}
