"""ONNX Runtime; int8 by its own static quantization (QDQ) with the default settings, and once more with unsigned
activations (int8-u8): on x86 its default, signed ones, keeps convolutions whose input has two readers in float."""
import os

import network

REQUIREMENTS = ["onnxruntime", "sympy"]
PRECISIONS = ("float", "int8", "int8-u8")


def version():
    import onnxruntime
    return onnxruntime.__version__


def prepare(net, precision):
    if precision == "float":
        return net.onnx
    artifact = net.path(f"onnxruntime-{precision}.onnx")
    if not os.path.exists(artifact):
        from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
        from onnxruntime.quantization.shape_inference import quant_pre_process

        class Reader(CalibrationDataReader):
            def __init__(self):
                self.left = iter([{net.input_name: x} for x in net.calibration()])

            def get_next(self):
                return next(self.left, None)

        ready = net.path("onnxruntime-ready.onnx")
        quant_pre_process(net.onnx, ready)
        other = {"activation_type": QuantType.QUInt8} if precision == "int8-u8" else {}
        quantize_static(ready, artifact, Reader(), **other)
    return artifact


def remark(net):
    """Numbers that would slow float arithmetic down or make it meaningless: looked for in every tensor of one inference.
    Empty if there are none."""
    import numpy
    import onnx
    import onnxruntime
    model = onnx.load(net.onnx)
    del model.graph.output[:]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for node in model.graph.node for name in node.output)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    subnormal = broken = total = 0
    for tensor in session.run(None, {net.input_name: network.sample(net.shape, 1)}):
        size = numpy.abs(tensor)
        subnormal += int(numpy.count_nonzero((size > 0) & (size < numpy.finfo(numpy.float32).tiny)))
        broken += int(tensor.size - numpy.count_nonzero(numpy.isfinite(size)))
        total += tensor.size
    found = [f"{count} {what}" for count, what in ((subnormal, "subnormal"), (broken, "infinite or no number")) if count]
    return f"of {total} float activations {' and '.join(found)}" if found else ""


class Runner:
    def __init__(self, artifact, threads):
        import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        if "int8" in os.path.basename(artifact):
            self.note = int8_evidence(artifact, threads)
        self.session = onnxruntime.InferenceSession(artifact, options, providers=["CPUExecutionProvider"])
        entry = self.session.get_inputs()[0]
        self.feed = {entry.name: network.sample([d if isinstance(d, int) else 1 for d in entry.shape], 1)}

    def run(self):
        self.session.run(None, self.feed)


def int8_evidence(artifact, threads):
    """Counts the operators of the optimised graph: QLinearConv and friends are the int8 kernels."""
    import collections
    import tempfile

    import onnx
    import onnxruntime
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = os.path.join(folder, "optimised.onnx")
        options.log_severity_level = 3
        onnxruntime.InferenceSession(artifact, options, providers=["CPUExecutionProvider"])
        graph = onnx.load(options.optimized_model_filepath).graph
    count = collections.Counter(node.op_type for node in graph.node)
    integer = sum(n for op, n in count.items() if op in ("QLinearConv", "QGemm", "QLinearMatMul", "ConvInteger"))
    floating = count["Conv"] + count["FusedConv"] + count["Gemm"] + count["FusedGemm"]
    return f"{integer} integer and {floating} float products"
