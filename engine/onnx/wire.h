/* weft: a look at a serialized protobuf message before protobuf-c unpacks it. */
#ifndef WEFT_ONNX_WIRE_H
#define WEFT_ONNX_WIRE_H

#include <protobuf-c/protobuf-c.h>

/* NULL if the bytes are well-formed and nest few enough messages for protobuf-c, which recurses without a
 * bound; else what is wrong, and *where it is. *messages: how many there are in it, without the shortest. */
const char *weft_onnx_wire_problem(const ProtobufCMessageDescriptor *descriptor, const uint8_t *data, size_t size,
                                   size_t *where, size_t *messages);

#endif
