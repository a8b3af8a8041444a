"""ncnn from PyPI, converted by pnnx. The packages bring no int8 tools (ncnn2table, ncnn2int8), so that int8 needs
them on PATH; without them it is left out and said so."""
import os
import shutil
import subprocess
import sys

import network

REQUIREMENTS = ["ncnn", "pnnx"]
PRECISIONS = ("float", "int8")


def version():
    import ncnn
    return ncnn.__version__


def convert(net):
    base = net.path("ncnn-float")
    if not os.path.exists(base + ".param"):
        shape = "[" + ",".join(map(str, net.shape)) + "]"
        tool = os.path.join(os.path.dirname(sys.executable), "pnnx")
        command = [tool, net.onnx, "inputshape=" + shape, "fp16=0", "ncnnparam=" + base + ".param",
                   "ncnnbin=" + base + ".bin", "ncnnpy=" + base + ".py", "pnnxparam=" + base + ".pnnx.param",
                   "pnnxbin=" + base + ".pnnx.bin", "pnnxpy=" + base + "_pnnx.py", "pnnxonnx=" + base + ".pnnx.onnx"]
        done = subprocess.run(command, capture_output=True, text=True)
        if not os.path.exists(base + ".param"):
            raise network.Unavailable("pnnx: " + (done.stderr.strip().splitlines() or ["no output"])[-1])
    return base


def prepare(net, precision):
    base = convert(net)
    if precision == "float":
        return base
    for tool in ("ncnn2table", "ncnn2int8"):
        if not shutil.which(tool):
            raise network.Unavailable(tool + " is not on PATH (the PyPI packages do not bring it)")
    artifact = net.path("ncnn-int8")
    if not os.path.exists(artifact + ".param"):
        folder = net.path("calibration")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "list.txt"), "w") as names:
            for i, x in enumerate(net.calibration()):
                import numpy
                file = os.path.join(folder, f"{i}.npy")
                numpy.save(file, x[0])
                names.write(file + "\n")
        shape = ",".join(map(str, net.shape[:0:-1]))
        subprocess.run(["ncnn2table", base + ".param", base + ".bin", names.name, artifact + ".table",
                        f"shape=[{shape}]", "type=1", "method=kl"], check=True, capture_output=True)
        subprocess.run(["ncnn2int8", base + ".param", base + ".bin", artifact + ".param", artifact + ".bin",
                        artifact + ".table"], check=True, capture_output=True)
    return artifact


class Runner:
    def __init__(self, artifact, threads):
        import ncnn
        self.net = ncnn.Net()
        self.net.opt.num_threads = threads
        if self.net.load_param(artifact + ".param") or self.net.load_model(artifact + ".bin"):
            raise SystemExit("ncnn cannot load what pnnx wrote")
        self.names = self.net.input_names()[0], self.net.output_names()[0]
        self.input = ncnn.Mat(network.sample(network.shape_of(artifact), 1)[0])
        if artifact.endswith("int8"):
            with open(artifact + ".param") as text:
                self.note = f"{sum('8=2' in line or '8=102' in line for line in text)} layers with int8 weights"

    def run(self):
        extractor = self.net.create_extractor()
        extractor.input(self.names[0], self.input)
        result, _ = extractor.extract(self.names[1])
        if result:
            raise SystemExit("ncnn: extract failed")
