#!/usr/bin/env python3
"""Reads .weft files as the safetensors format describes itself, with nothing of weft: container_check.py FILE..."""
import json
import struct
import sys

SIZES = {"U8": 1, "I8": 1, "F32": 4}


def refuse_twins(pairs):
    assert len(dict(pairs)) == len(pairs), "a key stands twice"
    return dict(pairs)


def references(value):
    """Every string of the graph that may name a tensor."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in ("bins", "scale", "bias", "magnitudes", "slope", "map", "table", "theta") and isinstance(inner, str):
                yield inner
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def check(path):
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header_bytes = data[8:8 + length]
    assert len(header_bytes) == length and header_bytes.startswith(b"{"), "no header"
    assert (8 + length) % 64 == 0, "the data are not aligned"
    header = json.loads(header_bytes.decode("utf-8"), object_pairs_hook=refuse_twins)
    metadata = header.pop("__metadata__")
    assert all(isinstance(v, str) for v in metadata.values()), "metadata must be strings"
    assert metadata["format"] == "weft" and metadata["format_version"] == "1"
    graph = json.loads(metadata["graph"], object_pairs_hook=refuse_twins)

    at = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        count = 1
        for extent in entry["shape"]:
            count *= extent
        assert begin == at, f"{name}: a hole or an overlap"
        assert end - begin == count * SIZES[entry["dtype"]], f"{name}: shape and offsets disagree"
        assert begin % SIZES[entry["dtype"]] == 0, f"{name}: not aligned"
        at = end
    assert at == len(data) - 8 - length, "bytes are left over"

    named = list(references(graph))
    assert sorted(named) == sorted(header), "the graph does not name each tensor once"
    bits = {"c2": 2, "c3": 3, "c4": 4, "c5": 5, "c8": 8}
    for node in graph["nodes"]:
        if node["op"] != "conv":
            continue
        source, target = (graph["tensors"][t] for t in (node["inputs"][0], node["output"]))
        kernel_h, kernel_w = node["window"]["kernel"]
        weights = target["c"] * (source["c"] // node["groups"]) * kernel_h * kernel_w
        begin, end = header[node["bins"]]["data_offsets"]
        assert end - begin == (weights * bits[node["codebook"]["format"]] + 7) // 8, f"{node['name']}: bins"
        assert header[node["scale"]]["shape"] == [target["c"]], f"{node['name']}: scale"
    print(f"{path}: {len(header)} tensors, {len(graph['nodes'])} layers, {len(data)} bytes")


for argument in sys.argv[1:]:
    check(argument)
sys.exit(0 if len(sys.argv) > 1 else 2)
