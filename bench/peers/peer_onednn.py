"""oneDNN's int8 primitives, through PyTorch's quantized engine of that name: oneDNN itself runs layers, not networks. What
PyTorch adds around each layer is in its time. Its float kernels are PyTorch's own, so that float is not listed twice."""
import peer_pytorch

REQUIREMENTS = peer_pytorch.REQUIREMENTS
ENVIRONMENT = "pytorch"
PRECISIONS = ("int8",)


def version():
    import re

    import torch
    return re.search(r"MKL-DNN v(\S+)", torch.__config__.show()).group(1) + " in PyTorch " + peer_pytorch.version()


def prepare(net, precision):
    import torch
    torch.backends.quantized.engine = "onednn"
    return peer_pytorch.prepare(net, "onednn-" + precision)


class Runner(peer_pytorch.Runner):
    def __init__(self, artifact, threads):
        import torch
        torch.backends.quantized.engine = "onednn"
        super().__init__(artifact, threads)
