"""Trains the embedded classifier of time series on ItalyPowerDemand and exports it as ONNX.

    python3 models/italy_power/train.py series_italypower --out models/italy_power

The folder holds train.csv and test.csv: a column `label`, then `hour_0` .. `hour_23`. Needs torch, numpy and onnx.
"""
import csv
import pathlib
import sys

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

sys.path.append(str(pathlib.Path(__file__).parent.parent))
from training import arguments, export, figures_of, step  # noqa: E402

LABELS = ["winter", "summer"]
NOISE = 0.2


class Net(nn.Module):
    """Two convolutions along time that keep its 24 steps, and one linear layer over all of them."""

    def __init__(self, width=16, steps=24):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv1d(1, width, 3, padding=1), nn.ReLU(), nn.Conv1d(width, width, 3, padding=1), nn.ReLU())
        self.drop = nn.Dropout(0.3)
        self.head = nn.Linear(width * steps, len(LABELS))

    def forward(self, x):
        return self.head(self.drop(self.features(x).flatten(1)))


def load(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    steps = [name for name in rows[0] if name != "label"]
    x = np.array([[float(row[name]) for name in steps] for row in rows], dtype=np.float32)
    return torch.from_numpy(x)[:, None], torch.tensor([LABELS.index(row["label"]) for row in rows])


@torch.no_grad()
def accuracy(net, x, y):
    net.eval()
    return (net(x).argmax(1) == y).float().mean().item()


def main():
    args = arguments(__doc__, pathlib.Path(__file__).parent, epochs=400, lr=0.005)
    args.add_argument("data", type=pathlib.Path)
    args = args.parse_args()

    torch.manual_seed(args.seed)
    data = {part: load(args.data / f"{part}.csv") for part in ("train", "test")}
    x, y = data["train"]
    net = Net()
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.lr, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.lr, total_steps=args.epochs)
    for epoch in range(args.epochs):
        net.train()
        loss = step(F.cross_entropy(net(x + NOISE * torch.randn(x.shape)), y, label_smoothing=0.05), optimizer, schedule)
        if (epoch + 1) % 100 == 0:
            print(f"epoch {epoch + 1}/{args.epochs} loss {loss:.3f}", flush=True)

    figures = figures_of(net, args, accuracy={part: round(accuracy(net, *data[part]), 4) for part in data},
                         typical=[[round(v, 3) for v in x.mean(0)[0].tolist()]])
    export(net, torch.zeros(1, 1, x.shape[2]), ["series"], args.out, figures, dynamo=False)


if __name__ == "__main__":
    main()
