"""PyTorch: the ONNX graph as torch.nn modules, scripted and frozen; int8 by FX graph mode quantization with the default
mapping of the machine's quantized engine."""
import os

import network

REQUIREMENTS = ["torch", "onnxruntime"]
PRECISIONS = ("float", "int8")


def version():
    import torch
    return torch.__version__.split("+")[0]


def both(values, node):
    """The one number that a pair says twice: PyTorch's modules take half of ONNX's padding."""
    if values[:len(values) // 2] != values[len(values) // 2:]:
        raise network.Unavailable(f"{node.op_type} {node.name} with uneven padding")
    return tuple(values[:len(values) // 2])


def convolution(node, have, weights):
    import torch
    filters = weights[node.input[1]]
    groups = have.get("group", 1)
    module = torch.nn.Conv2d(filters.shape[1] * groups, filters.shape[0], tuple(filters.shape[2:]),
                             tuple(have.get("strides", (1, 1))), both(have.get("pads", (0, 0, 0, 0)), node),
                             tuple(have.get("dilations", (1, 1))), groups, len(node.input) > 2)
    return load(module, node, weights, filters)


def dense(node, have, weights):
    import torch
    matrix = weights[node.input[1]]
    return load(torch.nn.Linear(matrix.shape[1], matrix.shape[0], len(node.input) > 2), node, weights, matrix)


def load(module, node, weights, values):
    module.weight.data = values
    if module.bias is not None:
        module.bias.data = weights[node.input[2]]
    return module


def pool(kind, node, have):
    pads = have.get("pads", (0, 0, 0, 0))
    more = {"count_include_pad": bool(have.get("count_include_pad", 0))} if kind.__name__ == "AvgPool2d" else {}
    # More padding behind than before is how a rounded-up size is written.
    return kind(tuple(have["kernel_shape"]), tuple(have.get("strides", (1, 1))), tuple(pads[:2]),
                ceil_mode=list(pads[:2]) != list(pads[2:]), **more)


def simple(node, have, weights):
    """Modules without an order of arguments to mind."""
    import torch
    nn, kind = torch.nn, node.op_type
    if kind == "Clip":
        low, high = (float(weights[name]) for name in node.input[1:3])
        return nn.ReLU6() if (low, high) == (0.0, 6.0) else nn.Hardtanh(low, high)
    if kind == "HardSigmoid" and abs(have.get("alpha", 0.2) - 1 / 6) > 1e-6:
        raise network.Unavailable("HardSigmoid of an unusual slope")
    made = {"Relu": nn.ReLU, "Sigmoid": nn.Sigmoid, "HardSigmoid": nn.Hardsigmoid, "Identity": nn.Identity,
            "GlobalAveragePool": lambda: nn.AdaptiveAvgPool2d(1), "Flatten": nn.Flatten}.get(kind)
    return made() if made else None


def select(graph, value, indices):
    """Channels by number; a run of them is a view."""
    import torch
    if indices == list(range(indices[0], indices[0] + len(indices))):
        return graph.call_function(torch.narrow, (value, 1, indices[0], len(indices)))
    index = graph.get_attr("index%d" % len(graph.nodes))
    return graph.call_function(torch.index_select, (value, 1, index))


def normalization(scale, shift):
    """Mul and Add by a constant per channel: what the exporter makes of a lone batch normalization."""
    import torch
    module = torch.nn.BatchNorm2d(scale.numel(), eps=1e-5)
    module.weight.data, module.bias.data = scale.flatten().clone(), shift.flatten().clone()
    module.running_var.data.fill_(1 - 1e-5)
    return module


class Builder:
    """An fx graph from an ONNX one: modules for what has weights or states, so that quantization recognises it."""

    def __init__(self, model):
        import onnx
        import torch
        self.torch, self.root, self.graph = torch, torch.nn.Module(), torch.fx.Graph()
        self.weights = {t.name: torch.from_numpy(onnx.numpy_helper.to_array(t).copy()) for t in model.graph.initializer}
        self.values = {model.graph.input[0].name: self.graph.placeholder("x")}
        self.scaled = {}  # name of a product with a constant: (its input, the constant)
        for node in model.graph.node:
            self.values[node.output[0]] = self.node(node, network.attributes(node))
        self.graph.output(self.values[model.graph.output[0].name])

    def module(self, value, module):
        name = "m%d" % len(self.graph.nodes)
        self.root.add_module(name, module)
        return self.graph.call_module(name, (value,))

    def node(self, node, have):
        torch, kind = self.torch, node.op_type
        first = self.values.get(node.input[0])
        constant = self.weights.get(node.input[1]) if len(node.input) > 1 else None
        if kind == "Conv":
            return self.module(first, convolution(node, have, self.weights))
        if kind == "Gemm":
            return self.module(first, dense(node, have, self.weights))
        if kind in ("MaxPool", "AveragePool"):
            return self.module(first, pool(torch.nn.MaxPool2d if kind == "MaxPool" else torch.nn.AvgPool2d, node, have))
        if kind == "Mul" and constant is not None and constant.numel() > 1:
            self.scaled[node.output[0]] = first, constant
            return None  # until the Add comes
        if kind == "Add" and node.input[0] in self.scaled:
            value, scale = self.scaled[node.input[0]]
            return self.module(value, normalization(scale, constant))
        if kind in ("Mul", "Add"):
            return self.graph.call_function(torch.mul if kind == "Mul" else torch.add,
                                            (first, self.values[node.input[1]]))
        if kind == "Concat":
            return self.graph.call_function(torch.cat, ([self.values[name] for name in node.input], have["axis"]))
        if kind == "Gather" and have.get("axis") == 1:
            indices = [int(i) for i in constant]
            setattr(self.root, "index%d" % len(self.graph.nodes), constant.long())
            return select(self.graph, first, indices)
        if kind == "Pad":
            pads = [int(p) for p in constant]
            half = len(pads) // 2
            order = [p for axis in reversed(range(half)) for p in (pads[axis], pads[axis + half])]
            return self.graph.call_function(torch.nn.functional.pad, (first, order))
        made = simple(node, have, self.weights)
        if not made:
            raise network.Unavailable(f"no module for {kind} here")
        return self.module(first, made)


def build(path):
    import onnx
    import torch
    builder = Builder(onnx.load(path))
    return torch.fx.GraphModule(builder.root, builder.graph).eval()


def quantize(model, net, example):
    import torch
    from torch.ao.quantization import get_default_qconfig_mapping
    from torch.ao.quantization.quantize_fx import convert_fx, prepare_fx
    prepared = prepare_fx(model, get_default_qconfig_mapping(torch.backends.quantized.engine), (example,))
    with torch.no_grad():
        for x in net.calibration():
            prepared(torch.from_numpy(x))
    return convert_fx(prepared)


def prepare(net, precision):
    import torch
    artifact = net.path(f"pytorch-{precision}.pt")
    if os.path.exists(artifact):
        return artifact
    model, example = build(net.onnx), torch.from_numpy(network.sample(net.shape, 1))
    if precision == "float":
        compare(model, net, example)
    else:
        model = quantize(model, net, example)
    with torch.no_grad():
        traced = torch.jit.trace(model, example, check_trace=False)
        torch.jit.save(torch.jit.freeze(traced), artifact)
    return artifact


def compare(model, net, example):
    """The modules compute what the ONNX file says."""
    import numpy
    import onnxruntime
    import torch
    session = onnxruntime.InferenceSession(net.onnx, providers=["CPUExecutionProvider"])
    said = session.run(None, {net.input_name: example.numpy()})[0]
    with torch.no_grad():
        mine = model(example).numpy().reshape(said.shape)
    worst = float(numpy.abs(mine - said).max() / numpy.abs(said).max())
    if worst > 1e-3:
        raise network.Unavailable(f"built wrongly: an output is off by {worst:.2g} of the largest")


class Runner:
    def __init__(self, artifact, threads):
        import torch
        torch.set_num_threads(threads)
        torch.set_num_interop_threads(1)
        self.torch, self.model = torch, torch.jit.load(artifact)
        if artifact.endswith("int8.pt"):
            kinds = [node.kind() for node in self.model.inlined_graph.nodes()]
            integer = sum(kind.startswith(("quantized::conv", "quantized::linear")) for kind in kinds)
            floating = sum(kind in ("aten::_convolution", "aten::linear") for kind in kinds)
            self.note = f"{integer} integer and {floating} float products"
        self.input = torch.from_numpy(network.sample(network.shape_of(artifact), 1))

    def run(self):
        with self.torch.inference_mode():
            self.model(self.input)
