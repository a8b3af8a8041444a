#include "onnx/wire.h"

#include <stdbool.h>

/* Model, graph, node, attribute, graph, ...: a subgraph adds three levels. */
#define DEPTH_MAX 32

/* Shorter messages than any node, attribute or tensor of a network are not counted. */
#define MESSAGE_BYTES 8

struct walk {
    const uint8_t *start, *at, *end;
    const char *problem;
    size_t messages;
};

static uint64_t read_varint(struct walk *walk, const uint8_t *end, int bytes_max)
{
    uint64_t value = 0;
    for (int i = 0; i < bytes_max && walk->at < end; i++) {
        uint8_t byte = *walk->at++;
        value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80) {
            return value;
        }
    }
    walk->problem = "a number that does not end";
    return 0;
}

static void skip(struct walk *walk, const uint8_t *end, uint64_t bytes)
{
    if (bytes > (uint64_t)(end - walk->at)) {
        walk->problem = "a field that reaches beyond its message";
        return;
    }
    walk->at += bytes;
}

static void walk_message(struct walk *walk, const ProtobufCMessageDescriptor *descriptor, const uint8_t *end,
                         int depth);

/* A length and as many bytes, which may be a message in their turn. */
static void walk_bytes(struct walk *walk, const ProtobufCFieldDescriptor *field, const uint8_t *end, int depth)
{
    uint64_t length = read_varint(walk, end, 5);
    if (walk->problem) {
        return;
    }
    const uint8_t *payload = walk->at;
    skip(walk, end, length);
    if (walk->problem || !field || field->type != PROTOBUF_C_TYPE_MESSAGE) {
        return;
    }
    walk->messages += length >= MESSAGE_BYTES;
    if (depth >= DEPTH_MAX) {
        walk->problem = "messages nested too deeply";
        return;
    }
    walk->at = payload;
    walk_message(walk, field->descriptor, payload + length, depth + 1);
}

static void walk_message(struct walk *walk, const ProtobufCMessageDescriptor *descriptor, const uint8_t *end,
                         int depth)
{
    uint64_t seen = 0; /* fields of one message each, by index: protobuf-c would merge a second one, at length */
    while (walk->at < end && !walk->problem) {
        uint64_t tag = read_varint(walk, end, 5);
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(descriptor, (unsigned)(tag >> 3));
        bool single = field && field->type == PROTOBUF_C_TYPE_MESSAGE && field->label != PROTOBUF_C_LABEL_REPEATED;
        uint64_t bit = single ? UINT64_C(1) << ((unsigned)(field - descriptor->fields) % 64) : 0;
        if (seen & bit) {
            walk->problem = "a message that may be there once is there twice";
        }
        seen |= bit;
        if (walk->problem) {
            return;
        }
        switch (tag & 7) {
        case PROTOBUF_C_WIRE_TYPE_VARINT:
            read_varint(walk, end, 10);
            break;
        case PROTOBUF_C_WIRE_TYPE_64BIT:
            skip(walk, end, 8);
            break;
        case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
            walk_bytes(walk, field, end, depth);
            break;
        case PROTOBUF_C_WIRE_TYPE_32BIT:
            skip(walk, end, 4);
            break;
        default:
            walk->problem = "a field of an unknown kind";
        }
    }
}

const char *weft_onnx_wire_problem(const ProtobufCMessageDescriptor *descriptor, const uint8_t *data, size_t size,
                                   size_t *where, size_t *messages)
{
    struct walk walk = {.start = data, .at = data, .end = data + size};
    walk_message(&walk, descriptor, walk.end, 1);
    *where = (size_t)(walk.at - walk.start);
    *messages = walk.messages;
    return walk.problem;
}
