"""OpenVINO; int8 by NNCF's post-training quantization with the default settings."""
import os

import network

REQUIREMENTS = ["openvino", "nncf"]
PRECISIONS = ("float", "int8")


def version():
    import openvino
    return openvino.__version__.split("-")[0]


def prepare(net, precision):
    if precision == "float":
        return net.onnx
    artifact = net.path("openvino-int8.xml")
    if not os.path.exists(artifact):
        import nncf
        import openvino
        model = openvino.Core().read_model(net.onnx)
        dataset = nncf.Dataset(net.calibration(), lambda x: {net.input_name: x})
        openvino.save_model(nncf.quantize(model, dataset), artifact, compress_to_fp16=False)
    return artifact


class Runner:
    def __init__(self, artifact, threads):
        import openvino
        core = openvino.Core()
        settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": "1",
                    "INFERENCE_PRECISION_HINT": "f32"}
        compiled = core.compile_model(core.read_model(artifact), "CPU", settings)
        if artifact.endswith("int8.xml"):
            self.note = int8_evidence(compiled)
        self.request = compiled.create_infer_request()
        shape = [int(d) for d in compiled.input(0).partial_shape.get_min_shape()]
        self.request.set_input_tensor(openvino.Tensor(network.sample(shape, 1)))

    def run(self):
        self.request.infer()


def int8_evidence(compiled):
    """Counts the executed kernels by the precision that the runtime reports of them."""
    integer = floating = 0
    for node in compiled.get_runtime_model().get_ops():
        info = node.get_rt_info()
        kind = str(info["layerType"].astype(str)) if "layerType" in info else ""
        if kind in ("Convolution", "FullyConnected", "MatMul", "GroupConvolution"):
            precision = str(info["runtimePrecision"].astype(str)) if "runtimePrecision" in info else ""
            if precision in ("u8", "i8"):
                integer += 1
            else:
                floating += 1
    return f"{integer} integer and {floating} float products"
