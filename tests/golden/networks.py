#!/usr/bin/env python3
"""Writes networks.tsv: every layer of the zoo's networks as torchvision builds and runs them.

    /usr/bin/python3 networks.py > networks.tsv        (Debian: apt install python3-torchvision)
    /usr/bin/python3 networks.py --check networks.tsv  (exit 1 if it differs, 77 without torchvision)

One line a layer, in the order of execution. Batch normalization that follows a convolution is counted with it ("norm",
two parameters a channel); one that stands elsewhere is a line of its own ("affine"). torchvision has no MobileNetV1 and
no ResNets for CIFAR: those are built here from the tables of the papers, and their totals are compared with the papers'.
"""
import sys

try:
    import torch
    import torchvision
    from torch import nn
    from torch.overrides import TorchFunctionMode
except ImportError as error:
    print(f"skipped: {error} (Debian: apt install python3-torchvision)", file=sys.stderr)
    sys.exit(77)

# The zoo's name: torchvision's.
TORCHVISION = {
    "alexnet": "alexnet", "vgg11": "vgg11", "vgg16": "vgg16", "vgg19": "vgg19", "googlenet": "googlenet",
    "inception_v3": "inception_v3", "resnet18": "resnet18", "resnet34": "resnet34", "resnet50": "resnet50",
    "resnet101": "resnet101", "resnext50": "resnext50_32x4d", "wide_resnet50": "wide_resnet50_2",
    "squeezenet1.0": "squeezenet1_0", "squeezenet1.1": "squeezenet1_1", "mobilenet_v2": "mobilenet_v2",
    "mobilenet_v3_large": "mobilenet_v3_large", "mobilenet_v3_small": "mobilenet_v3_small",
    "shufflenet_v2_1.0": "shufflenet_v2_x1_0", "densenet121": "densenet121", "efficientnet_b0": "efficientnet_b0",
    "mnasnet1.0": "mnasnet1_0", "regnet_y_400mf": "regnet_y_400mf",
}
# No auxiliary heads, which only training uses, and no change of the input.
OPTIONS = {name: {"aux_logits": False, "init_weights": False, "transform_input": False}
           for name in ("googlenet", "inception_v3")}
SIZES = {"inception_v3": 299}


class MobileNetV1(nn.Module):
    """Howard et al., "MobileNets", 2017, table 1."""

    def __init__(self):
        super().__init__()
        plan = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5 + [(1024, 2), (1024, 1)]
        self.conv1, self.bn1 = nn.Conv2d(3, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32)
        channels = 32
        for i, (outputs, stride) in enumerate(plan, 1):
            block = nn.Sequential()
            block.add_module("depthwise", nn.Conv2d(channels, channels, 3, stride, 1, groups=channels, bias=False))
            block.add_module("bn1", nn.BatchNorm2d(channels))
            block.add_module("relu1", nn.ReLU6())
            block.add_module("pointwise", nn.Conv2d(channels, outputs, 1, bias=False))
            block.add_module("bn2", nn.BatchNorm2d(outputs))
            block.add_module("relu2", nn.ReLU6())
            self.add_module(f"block{i}", block)
            channels = outputs
        self.relu, self.avgpool, self.fc = nn.ReLU6(), nn.AdaptiveAvgPool2d(1), nn.Linear(channels, 1000)

    def forward(self, x):
        x = self.relu(self.bn1(self.conv1(x)))
        for i in range(1, 14):
            x = getattr(self, f"block{i}")(x)
        return self.fc(torch.flatten(self.avgpool(x), 1))


class CifarBlock(nn.Module):
    """Shortcut A: every other pixel, and zeros for the channels that are new."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        self.subsample = nn.MaxPool2d(1, stride) if stride > 1 else None
        self.new = outputs - inputs

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        if self.subsample:
            x = nn.functional.pad(self.subsample(x), (0, 0, 0, 0, self.new // 2, self.new // 2))
        return torch.relu(y + x)


class CifarResNet(nn.Module):
    """He et al., "Deep residual learning", 2016, section 4.2: 6n + 2 layers."""

    def __init__(self, n):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16)
        channels = 16
        for stage in range(3):
            blocks = []
            for i in range(n):
                blocks.append(CifarBlock(channels, 16 << stage, 2 if stage and not i else 1))
                channels = 16 << stage
            self.add_module(f"layer{stage + 1}", nn.Sequential(*blocks))
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(64, 10)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(torch.relu(self.bn1(self.conv1(x))))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


# name: (module, size, what the paper says of parameters and of multiply-adds in millions, to its last digit)
OWN = {
    "mobilenet_v1": (MobileNetV1, 224, (4.2, 1), (569, 0)),
    **{f"resnet{6 * n + 2}": (lambda n=n: CifarResNet(n), 32, papers, None)
       for n, papers in ((3, (0.27, 2)), (5, (0.46, 2)), (7, (0.66, 2)), (9, (0.85, 2)), (18, (1.7, 1)))},
}

COLUMNS = ("network", "layer", "kind", "in_c", "in_h", "in_w", "out_c", "out_h", "out_w", "kernel_h", "kernel_w",
           "stride_h", "stride_w", "groups", "weights", "bias", "norm", "macs")


def pair(value):
    return value if isinstance(value, tuple) else (value, value)


def spatial(x):
    return tuple(x.shape[1:4]) if x.dim() == 4 else (x.shape[1], 1, 1)


class Recorder(TorchFunctionMode):
    """Records convolutions, products, lone normalizations and pools while the network runs."""

    def __init__(self, net):
        super().__init__()
        self.rows, self.made, self.kept, self.inside = [], {}, [], None
        for name, module in net.named_modules():
            if isinstance(module, (nn.Conv2d, nn.Linear, nn.BatchNorm2d)):
                module.register_forward_hook(lambda m, x, y, name=name: self.layer(name, m, x[0], y))
            elif "Pool" in type(module).__name__:
                module.register_forward_pre_hook(lambda m, x, name=name: setattr(self, "inside", name))
                module.register_forward_hook(lambda m, x, y: setattr(self, "inside", None))

    def add(self, name, kind, x, y, kernel, stride, groups=1, weights=0, bias=0, norm=0, macs=0):
        self.rows.append([name, kind, *spatial(x), *spatial(y), *pair(kernel), *pair(stride), groups, weights, bias, norm,
                          macs])

    def layer(self, name, module, x, y):
        if isinstance(module, nn.BatchNorm2d):
            row = self.made.pop(id(x), None)
            if row is None:
                self.add(name, "affine", x, y, 1, 1, norm=2 * module.num_features)
            else:
                row[-2] = 2 * module.num_features
            return
        weights, bias = module.weight.numel(), 0 if module.bias is None else module.bias.numel()
        pixels = y.numel() // y.shape[1]
        if isinstance(module, nn.Linear):
            self.add(name, "dense", x, y, 1, 1, 1, weights, bias, 0, weights)
        else:
            self.add(name, "conv", x, y, module.kernel_size, module.stride, module.groups, weights, bias, 0,
                     weights * pixels)
        self.made[id(y)] = self.rows[-1]
        self.kept.append(y)  # as long as it lives, no other tensor has its id

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        x, y = args[0] if args else None, function(*args, **kwargs)
        called = getattr(function, "__name__", "")
        if called in ("adaptive_avg_pool2d", "mean"):
            if y.shape != x.shape:
                self.add(self.inside or called, "avgpool", x, y, (x.shape[2], x.shape[3]), 1)
        elif called in ("max_pool2d", "avg_pool2d"):
            kernel = kwargs.get("kernel_size", args[1] if len(args) > 1 else None)
            stride = kwargs.get("stride", args[2] if len(args) > 2 else None) or kernel
            self.add(self.inside or called, called.replace("_pool2d", "pool"), x, y, kernel, stride)
        return y


def describe(name, net, size):
    net.eval()
    recorder = Recorder(net)
    with torch.no_grad(), recorder:
        net(torch.zeros(1, 3, size, size))
    parameters = sum(p.numel() for p in net.parameters())
    if parameters != sum(sum(row[-4:-1]) for row in recorder.rows):
        sys.exit(f"{name}: the layers' parameters do not sum up to the network's {parameters}")
    return recorder.rows, parameters, sum(row[-1] for row in recorder.rows)


def agree_with_paper(name, what, value, paper):
    if paper and round(value / 1e6, paper[1]) != paper[0]:
        sys.exit(f"{name}: {value} {what}, and the paper has {paper[0]} million")


def table():
    version = torchvision.__version__.rstrip("a0").rstrip(".") if "a" in torchvision.__version__ else torchvision.__version__
    yield f"# torchvision {version.split('+')[0]}; made by networks.py"
    yield "\t".join(COLUMNS)
    for name, torch_name in TORCHVISION.items():
        net = getattr(torchvision.models, torch_name)(weights=None, **OPTIONS.get(name, {}))
        rows, _, _ = describe(name, net, SIZES.get(name, 224))
        yield from ("\t".join(map(str, [name, *row])) for row in rows)
    for name, (make, size, parameters_paper, macs_paper) in OWN.items():
        rows, parameters, macs = describe(name, make(), size)
        agree_with_paper(name, "parameters", parameters, parameters_paper)
        agree_with_paper(name, "multiply-adds", macs, macs_paper)
        yield from ("\t".join(map(str, [name, *row])) for row in rows)


def main():
    lines = list(table())
    if len(sys.argv) < 3 or sys.argv[1] != "--check":
        print("\n".join(lines))
        return
    with open(sys.argv[2], encoding="utf-8") as file:
        committed = file.read().splitlines()
    for i, (ours, theirs) in enumerate(zip(lines[1:], committed[1:]), 2):
        if ours != theirs:
            sys.exit(f"{sys.argv[2]}:{i}: it says\n  {theirs}\nand torchvision gives\n  {ours}")
    if len(lines) != len(committed):
        sys.exit(f"{sys.argv[2]}: {len(committed)} lines where torchvision gives {len(lines)}")
    print(f"{len(lines) - 2} layers agree")


main()
