"""The networks under test: weft's zoo, as .weft for weft and as float ONNX for the others, in build/peers/NAME/."""
import json
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build")
WORK = os.path.join(BUILD, "peers")
CALIBRATION_IMAGES = 16


class Unavailable(Exception):
    """This contender does not run this network; the text says why."""


def sample(shape, seed):
    """A picture-like input: smooth waves with noise, about -2 to 2."""
    import numpy
    random = numpy.random.default_rng(seed)
    _, channels, height, width = shape
    y, x = numpy.mgrid[0:height, 0:width]
    waves = [numpy.sin((x * (2 + c) + y * (5 - c) + seed * 17) * 0.03) for c in range(channels)]
    return (numpy.stack(waves) + random.normal(0, 0.5, (channels, height, width))).astype(numpy.float32)[None]


def shape_of(artifact):
    """The input's shape as noted beside every artifact of a network."""
    with open(os.path.join(os.path.dirname(artifact), "network.json")) as file:
        return json.load(file)["shape"]


def attributes(node):
    import onnx
    return {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}


ELEMENTWISE = ("Relu", "Clip", "Sigmoid", "HardSigmoid", "Mul")


def covers(node, shapes):
    """A convolution or pool whose window is its whole input."""
    have, size = attributes(node), shapes.get(node.input[0], [])
    return (len(size) == 4 and have.get("kernel_shape") == size[2:] and not any(have.get("pads", [])) and
            have.get("group", 1) == 1)


def as_people_bring_it(model):
    """`weft export` writes every dense layer as a convolution that covers its input, and the mean of an image as an
    average pool. Other runtimes know them better by the operators that PyTorch's exporter writes: Flatten + Gemm for the
    classifier, GlobalAveragePool. The numbers stay the same."""
    import numpy
    import onnx
    from onnx import helper, numpy_helper
    model = onnx.shape_inference.infer_shapes(model)
    graph = model.graph
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim]
              for v in list(graph.value_info) + list(graph.input) + list(graph.output)}
    weights = {t.name: t for t in graph.initializer}
    classifier = len(graph.node)  # where it begins
    while classifier and (graph.node[classifier - 1].op_type in ELEMENTWISE + ("Flatten",) or
                          graph.node[classifier - 1].op_type == "Conv" and covers(graph.node[classifier - 1], shapes)):
        classifier -= 1
    nodes = []
    for index, node in enumerate(graph.node):
        if node.op_type == "AveragePool" and covers(node, shapes):
            node = helper.make_node("GlobalAveragePool", node.input[:1], node.output, node.name)
        elif index >= classifier and node.op_type == "Flatten":
            node = helper.make_node("Identity" if dense_before(nodes) else "Flatten", node.input, node.output, node.name)
        elif index >= classifier and node.op_type == "Conv":
            source = node.input[0]
            if not dense_before(nodes):
                source += "/flat"
                nodes.append(helper.make_node("Flatten", node.input[:1], [source], source))
            matrix = numpy_helper.to_array(weights[node.input[1]])
            weights[node.input[1]].CopyFrom(numpy_helper.from_array(matrix.reshape(len(matrix), -1), node.input[1]))
            node = helper.make_node("Gemm", [source] + list(node.input[1:]), node.output, node.name, transB=1)
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    del graph.value_info[:]
    onnx.checker.check_model(model)
    return model


def dense_before(nodes):
    return any(node.op_type == "Gemm" for node in nodes)


class Network:
    """zoo:NAME with its files."""

    def __init__(self, name):
        import onnx
        self.name = name
        self.folder = os.path.join(WORK, name)
        os.makedirs(self.folder, exist_ok=True)
        self.onnx, self.weft = self.path("float.onnx"), self.path("model.weft")
        if not os.path.exists(self.onnx):
            raw = self.path("export.onnx")
            subprocess.run([os.path.join(BUILD, "weft"), "export", "zoo:" + name, "-o", raw, "--float-activations"],
                           check=True, capture_output=True)
            model = as_people_bring_it(onnx.load(raw))
            entry = model.graph.input[0]
            with open(self.path("network.json"), "w") as file:
                json.dump({"shape": [d.dim_value or 1 for d in entry.type.tensor_type.shape.dim],
                           "input": entry.name}, file)
            onnx.save(model, self.onnx)
            os.remove(raw)
        with open(self.path("network.json")) as file:
            self.shape = json.load(file)["shape"]
        with open(self.path("network.json")) as file:
            self.input_name = json.load(file)["input"]

    def path(self, name):
        return os.path.join(self.folder, name)

    def calibration(self):
        return [sample(self.shape, seed) for seed in range(2, 2 + CALIBRATION_IMAGES)]
