"""LiteRT (TensorFlow Lite) with XNNPACK, its default delegate: the modules of peer_pytorch converted by litert-torch; int8
by ai-edge-quantizer with its static recipe. Input stays NCHW: the converter adds transposes."""
import os

import network

REQUIREMENTS = ["litert-torch", "ai-edge-litert", "ai-edge-quantizer", "torch", "onnxruntime"]
PRECISIONS = ("float", "int8")
PRODUCTS = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "BATCH_MATMUL")


def version():
    import importlib.metadata
    return importlib.metadata.version("ai-edge-litert")


def convert(net):
    artifact = net.path("litert-float.tflite")
    if not os.path.exists(artifact):
        import litert_torch
        import peer_pytorch
        import torch
        example = torch.from_numpy(network.sample(net.shape, 1))
        model = litert_torch.convert(peer_pytorch.build(net.onnx), (example,))
        peer_pytorch.compare(lambda x: torch.from_numpy(model(x)), net, example)
        model.export(artifact)
    return artifact


def prepare(net, precision):
    source, artifact = convert(net), net.path(f"litert-{precision}.tflite")
    if not os.path.exists(artifact):
        from ai_edge_litert.interpreter import Interpreter
        from ai_edge_quantizer import qtyping, quantizer, recipe
        (signature, names), = Interpreter(source).get_signature_list().items()
        tool = quantizer.Quantizer(source, recipe.static_wi8_ai8())
        for border in (qtyping.TFLOperationName.INPUT, qtyping.TFLOperationName.OUTPUT):  # float, as with the others
            tool.update_quantization_recipe(".*", border, algorithm_key="no_quantize")
        ranges = tool.calibrate({signature: [{names["inputs"][0]: x} for x in net.calibration()]}, num_threads=1)
        tool.quantize(ranges).export_model(artifact)
    return artifact


class Runner:
    def __init__(self, artifact, threads):
        from ai_edge_litert.interpreter import Interpreter
        self.engine = Interpreter(artifact, num_threads=threads)
        self.engine.allocate_tensors()
        entry, = self.engine.get_input_details()
        self.entry, self.exit = entry["index"], self.engine.get_output_details()[0]["index"]
        self.input = network.sample(network.shape_of(artifact), 1)
        if artifact.endswith("int8.tflite"):
            self.note = int8_evidence(self.engine)

    def run(self):
        self.engine.set_tensor(self.entry, self.input)
        self.engine.invoke()
        self.engine.get_tensor(self.exit)


def int8_evidence(engine):
    """Counts the products by the types of their tensors, and those that lie outside XNNPACK's parts of the graph."""
    import numpy
    types = {tensor["index"]: tensor["dtype"] for tensor in engine.get_tensor_details()}
    nodes = engine._get_ops_details()
    maker = {output: node for node in nodes if node["op_name"] != "DELEGATE" for output in node["outputs"]}
    taken = set()
    for part in (node for node in nodes if node["op_name"] == "DELEGATE"):
        border, left = set(part["inputs"]), list(part["outputs"])
        while left:
            tensor = left.pop()
            if tensor in maker and tensor not in border and maker[tensor]["index"] not in taken:
                taken.add(maker[tensor]["index"])
                left.extend(maker[tensor]["inputs"])
    products = [node for node in nodes if node["op_name"] in PRODUCTS]
    integer = sum(all(types[tensor] == numpy.int8 for tensor in (*node["inputs"][:2], node["outputs"][0]))
                  for node in products)
    outside = sum(node["index"] not in taken for node in products)
    return f"{integer} integer and {len(products) - integer} float products, {outside} of them outside XNNPACK"
