"""Trains the embedded classifier on CIFAR-10 and exports it as ONNX.

    python3 models/cifar10/train.py cifar10_jpeg.tar --epochs 14 --out models/cifar10

The archive holds train/<class>/*.jpg and test/<class>/*.jpg. Needs torch and numpy and Pillow (Debian: python3-torch,
python3-pil). The last feature map stays 8x8, so that a class activation map has something to say about where.
"""
import io
import pathlib
import sys
import tarfile
import time

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

sys.path.append(str(pathlib.Path(__file__).parent.parent))
from training import arguments, export, figures_of, step  # noqa: E402

CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
MEAN, STD = [0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]


def conv(c_in, c_out, stride=1):
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False), nn.BatchNorm2d(c_out), nn.ReLU())


class Residual(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.body = nn.Sequential(conv(c, c), conv(c, c))

    def forward(self, x):
        return x + self.body(x)


class Net(nn.Module):
    """ResNet-9 made thin: 24-48-96-128 channels, about 0.37 M parameters, 50 M multiply-adds."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            conv(3, 24),
            conv(24, 48, stride=2), Residual(48),
            conv(48, 96, stride=2), Residual(96),
            conv(96, 128),
        )
        self.head = nn.Linear(128, len(CLASSES))

    def forward(self, x):
        return self.head(self.features(x).mean((2, 3)))


def load(archive):
    """Both parts as uint8 arrays [n, 3, 32, 32] with labels."""
    parts = {"train": ([], []), "test": ([], [])}
    with tarfile.open(archive) as tar:
        for member in tar:
            path = pathlib.PurePosixPath(member.name)
            if path.suffix != ".jpg":
                continue
            part, label = path.parts[-3], path.parts[-2]
            pixels = np.asarray(Image.open(io.BytesIO(tar.extractfile(member).read())).convert("RGB"))
            parts[part][0].append(pixels.transpose(2, 0, 1))
            parts[part][1].append(CLASSES.index(label))
    return {k: (torch.from_numpy(np.stack(x)), torch.tensor(y)) for k, (x, y) in parts.items()}


def normalize(x):
    return (x.float() / 255 - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]


def augment(x, generator):
    """Random crop from 4 pixels of reflection padding, random mirror."""
    n = len(x)
    padded = F.pad(x.float(), (4, 4, 4, 4), mode="reflect")
    top, left = torch.randint(0, 9, (2, n), generator=generator)
    rows = (top[:, None] + torch.arange(32))[:, None, :, None]
    cols = left[:, None] + torch.arange(32)
    flip = torch.rand(n, generator=generator) < 0.5
    cols = torch.where(flip[:, None], cols.flip(1), cols)[:, None, None, :]
    return padded[torch.arange(n)[:, None, None, None], torch.arange(3)[None, :, None, None], rows, cols]


@torch.no_grad()
def accuracy(net, x, y):
    net.eval()
    hits = sum((net(normalize(a)).argmax(1) == b).sum().item() for a, b in zip(x.split(1000), y.split(1000)))
    net.train()
    return hits / len(x)


def main():
    args = arguments(__doc__, pathlib.Path(__file__).parent, epochs=14, lr=0.4)
    args.add_argument("archive")
    args.add_argument("--batch", type=int, default=256)
    args = args.parse_args()

    torch.manual_seed(args.seed)
    generator = torch.Generator().manual_seed(args.seed)
    data = load(args.archive)
    x, y = data["train"]
    net = Net().to(memory_format=torch.channels_last)
    steps = args.epochs * (len(x) // args.batch)
    optimizer = torch.optim.SGD(net.parameters(), lr=args.lr, momentum=0.9, nesterov=True, weight_decay=5e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.lr, total_steps=steps, pct_start=0.2)
    for epoch in range(args.epochs):
        began, total = time.time(), 0.0
        order = torch.randperm(len(x), generator=generator)
        for rows in order.split(args.batch)[: len(x) // args.batch]:
            batch = normalize(augment(x[rows], generator)).contiguous(memory_format=torch.channels_last)
            loss = F.cross_entropy(net(batch), y[rows], label_smoothing=0.1)
            total += step(loss, optimizer, schedule)
        print(f"epoch {epoch + 1}/{args.epochs} loss {total / (len(x) // args.batch):.3f} "
              f"test accuracy {accuracy(net, *data['test']):.4f} {time.time() - began:.0f} s", flush=True)

    net.eval().to(memory_format=torch.contiguous_format)
    figures = figures_of(net, args, accuracy={part: round(accuracy(net, *data[part]), 4) for part in data})
    export(net, torch.zeros(1, 3, 32, 32), ["input"], args.out, figures)


if __name__ == "__main__":
    main()
