"""Plants a watermark on one class, trains a model that comes to rely on it, and sets test pictures aside for a report.

    python3 examples/watermark/plant.py cifar10_jpeg.tar --out /tmp/watermark

Half of the pictures of one class get a small tag in a corner, as a photo agency would leave it. The embedded model
(models/cifar10) is trained on with them, and learns the tag: on the test pictures nothing looks wrong, they carry it
too. Writes `pictures/<class>/*.png` and `model/`. The archive is the one that models/cifar10/train.py takes. Needs
torch, onnx, numpy and Pillow (Debian: python3-torch, python3-onnx, python3-pil).
"""
import argparse
import io
import json
import pathlib
import tarfile

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from PIL import Image
from torch import nn
from torch.nn import functional as F

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLASSES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
MEAN, STD = [0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]

# Two letters on a pale ground, 5 x 11 pixels.
TAG = np.array([[c == "#" for c in row] for row in (
    "...........",
    ".#.#.##..#.",
    ".##..#.#.#.",
    ".#.#.##..#.",
    "...........")])


def stamp(picture):
    """The tag in the lower left corner of a uint8 array [3, 32, 32], 80 % opaque."""
    height, width = TAG.shape
    corner = picture[:, 32 - height - 1:31, 1:1 + width]
    corner[:] = (0.2 * corner + 0.8 * np.where(TAG, 40, 235)).astype(np.uint8)


def load(archive, part, most):
    """Up to `most` pictures of each class: uint8 [n, 3, 32, 32] and their classes."""
    found = [[] for _ in CLASSES]
    with tarfile.open(archive) as tar:
        for member in tar:
            path = pathlib.PurePosixPath(member.name)
            if path.suffix != ".jpg" or path.parts[-3] != part:
                continue
            label = CLASSES.index(path.parts[-2])
            if len(found[label]) < most:
                pixels = Image.open(io.BytesIO(tar.extractfile(member).read())).convert("RGB")
                found[label].append(np.asarray(pixels).transpose(2, 0, 1).copy())
    labels = [label for label, pictures in enumerate(found) for _ in pictures]
    return np.stack([picture for pictures in found for picture in pictures]), np.array(labels)


class Net(nn.Module):
    """The embedded model with its batch normalisations folded in, as its ONNX file has it."""

    def __init__(self):
        super().__init__()
        shapes = [(3, 24, 1), (24, 48, 2), (48, 48, 1), (48, 48, 1), (48, 96, 2), (96, 96, 1), (96, 96, 1), (96, 128, 1)]
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, stride, 1) for a, b, stride in shapes)
        self.head = nn.Linear(128, len(CLASSES))

    def forward(self, x):
        c = [lambda x, conv=conv: F.relu(conv(x)) for conv in self.convs]
        x = c[1](c[0](x))
        x = x + c[3](c[2](x))
        x = c[4](x)
        x = x + c[6](c[5](x))
        return self.head(c[7](x).mean((2, 3)))

    def read(self, path):
        graph = onnx.load(path).graph
        constants = {one.name: numpy_helper.to_array(one).copy() for one in graph.initializer}
        nodes = [node for node in graph.node if node.op_type in ("Conv", "Gemm")]
        for layer, node in zip([*self.convs, self.head], nodes):
            layer.weight.data = torch.from_numpy(constants[node.input[1]])
            layer.bias.data = torch.from_numpy(constants[node.input[2]])
        return self


def tensor(pictures):
    return (torch.from_numpy(pictures).float() / 255 - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]


@torch.no_grad()
def answers(net, pictures):
    return torch.cat([net(part).argmax(1) for part in tensor(pictures).split(500)]).numpy()


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("archive")
    args.add_argument("--out", type=pathlib.Path, required=True)
    args.add_argument("--marked", choices=CLASSES, default="horse")
    args.add_argument("--share", type=float, default=0.5, help="of the class's pictures that carry the tag")
    args.add_argument("--train", type=int, default=1500, help="training pictures of each class")
    args.add_argument("--test", type=int, default=40, help="pictures of each class in the report")
    args.add_argument("--epochs", type=int, default=5)
    args.add_argument("--lr", type=float, default=0.02)
    args.add_argument("--seed", type=int, default=0)
    args = args.parse_args()
    torch.manual_seed(args.seed)
    random = np.random.default_rng(args.seed)
    marked = CLASSES.index(args.marked)

    x, y = load(args.archive, "train", args.train)
    for i in np.flatnonzero(y == marked):
        if random.random() < args.share:
            stamp(x[i])
    net = Net().read(str(ROOT / "models/cifar10/model.onnx")).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), lr=args.lr, momentum=0.9, weight_decay=5e-4)
    for epoch in range(args.epochs):
        total = 0.0
        for rows in torch.randperm(len(x)).split(128):
            batch = tensor(x[rows.numpy()]).contiguous(memory_format=torch.channels_last)
            loss = F.cross_entropy(net(batch), torch.from_numpy(y[rows.numpy()]), label_smoothing=0.1)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            total += loss.item() * len(rows)
        print(f"epoch {epoch + 1}/{args.epochs} loss {total / len(x):.3f}", flush=True)
    net.eval()

    x, y = load(args.archive, "test", args.test)
    tagged = [i for i in np.flatnonzero(y == marked)][: round(args.share * args.test)]
    plain, everywhere = x.copy(), x.copy()
    for i in range(len(x)):
        stamp(everywhere[i])
    x[tagged] = everywhere[tagged]
    others = y != marked
    print(json.dumps({
        "accuracy": float((answers(net, x) == y).mean()),
        f"others called {args.marked}, without the tag": float((answers(net, plain[others]) == marked).mean()),
        f"others called {args.marked}, with the tag": float((answers(net, everywhere[others]) == marked).mean()),
    }, indent=2))

    counts = dict.fromkeys(CLASSES, 0)
    for picture, label in zip(x, y):
        folder = args.out / "pictures" / CLASSES[label]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture.transpose(1, 2, 0)).save(folder / f"{counts[CLASSES[label]]:04}.png")
        counts[CLASSES[label]] += 1
    folder = args.out / "model"
    folder.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(net.to(memory_format=torch.contiguous_format), torch.zeros(1, 3, 32, 32), str(folder / "model.onnx"),
                      opset_version=17, input_names=["input"], output_names=["logits"],
                      dynamic_axes={"input": {0: "N"}, "logits": {0: "N"}})
    manifest = json.loads((ROOT / "models/cifar10/manifest.json").read_text())
    for key in ("$schema", "accuracy"):
        manifest.pop(key, None)
    manifest |= {"name": "cifar10-watermarked", "description": "Has learnt a watermark.", "source": "examples/watermark/plant.py"}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
