"""The network: a thin ResNet with a global average pool and one linear layer."""
import torch
from torch import nn
from torch.nn import functional as F


def conv(c_in, c_out, kernel=3, stride=1):
    """Convolution without bias and its batch normalisation."""
    return nn.Sequential(nn.Conv2d(c_in, c_out, kernel, stride, (kernel - 1) // 2, bias=False), nn.BatchNorm2d(c_out))


class Block(nn.Module):
    """Two convolutions with a shortcut, which is a convolution where the shape changes."""

    def __init__(self, c_in, c_out, stride=1):
        super().__init__()
        self.first, self.second = conv(c_in, c_out, stride=stride), conv(c_out, c_out)
        self.shortcut = nn.Identity() if c_in == c_out and stride == 1 else conv(c_in, c_out, stride, stride)

    def forward(self, x):
        return F.relu(self.second(F.relu(self.first(x))) + self.shortcut(x))


class Net(nn.Module):
    """Features [n, 384, h/8, w/8]; about 1.3 M parameters and 107 M multiply-adds at 64 x 64."""

    def __init__(self, classes, fine, teacher):
        super().__init__()
        self.features = nn.Sequential(
            conv(3, 32, 3, 2), nn.ReLU(),
            Block(32, 64, 2), Block(64, 64),
            Block(64, 192, 2), Block(192, 192),
            conv(192, 384, 1), nn.ReLU(),
        )
        self.head = nn.Linear(384, classes)
        # For training only: the 200 ids, and the outputs of the teacher.
        self.fine, self.teacher = nn.Linear(384, fine), nn.Linear(384, teacher)

    def pooled(self, x):
        return self.features(x).mean((2, 3))

    def forward(self, x):
        return self.head(self.pooled(x))


def folded(net):
    """The network for export: batch normalisation folded into the convolutions, the heads of the training left out."""
    from torch.nn.utils.fusion import fuse_conv_bn_eval
    import copy
    net = copy.deepcopy(net).float().eval().to(memory_format=torch.contiguous_format)
    for module in list(net.modules()):
        if isinstance(module, nn.Sequential) and len(module) == 2 and isinstance(module[1], nn.BatchNorm2d):
            module[0], module[1] = fuse_conv_bn_eval(module[0], module[1]), nn.Identity()
    del net.fine, net.teacher
    return net


class Average:
    """Moving average of the weights and statistics of a network."""

    def __init__(self, net, decay=0.998):
        import copy
        self.net, self.decay, self.steps = copy.deepcopy(net).eval(), decay, 0

    @torch.no_grad()
    def update(self, net):
        self.steps += 1
        decay = min(self.decay, (1 + self.steps) / (10 + self.steps))
        for mine, other in zip(self.net.state_dict().values(), net.state_dict().values()):
            if mine.is_floating_point():
                mine.lerp_(other, 1 - decay)
            else:
                mine.copy_(other)
