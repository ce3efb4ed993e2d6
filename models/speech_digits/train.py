"""Trains the embedded classifier of spoken digits and exports it as ONNX.

    python3 models/speech_digits/train.py speech_digits --out models/speech_digits

The folder holds train.tar and test.tar with <part>/<digit>/<digit>_<speaker>_<take>.wav: 8 kHz, 16 bits, one channel.
Needs torch, numpy and onnx. FRONT_END is the front end of manifest.json; `log_mel` computes it as the product does.
With --leave-out spk1 the recordings of one speaker are kept from training and tested on.
"""
import io
import pathlib
import sys
import tarfile
import wave

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

sys.path.append(str(pathlib.Path(__file__).parent.parent))
from training import arguments, export, figures_of, step  # noqa: E402

FRONT_END = {"kind": "mel", "sample_rate": 8000, "length": 8000, "n_fft": 256, "win_length": 200, "hop_length": 80,
             "n_mels": 40, "f_min": 60, "mel_scale": "htk", "mel_norm": "none", "log": "db", "reference": "max",
             "range": 60, "mean": -40, "std": 20}


def mel_filters(rate, n_fft, n_mels, f_min):
    def mel(f):
        return 2595 * np.log10(1 + f / 700)
    edges = 700 * (10 ** (np.linspace(mel(f_min), mel(rate / 2), n_mels + 2) / 2595) - 1)
    f = np.arange(n_fft // 2 + 1) * rate / n_fft
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    return np.maximum(0, np.minimum((f - low) / (centre - low), (high - f) / (high - centre)))


def log_mel(samples, p=FRONT_END):
    """[n_mels, frames] of samples in -1..1."""
    n, win, hop = p["n_fft"], p["win_length"], p["hop_length"]
    x = np.zeros(p["length"])
    x[:len(samples)] = samples[:len(x)]
    x = np.pad(x, n // 2)
    window = np.zeros(n)
    window[(n - win) // 2:(n - win) // 2 + win] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(win) / win)
    frames = np.lib.stride_tricks.sliding_window_view(x, n)[::hop] * window
    power = np.abs(np.fft.rfft(frames)) ** 2
    energy = mel_filters(p["sample_rate"], n, p["n_mels"], p["f_min"]) @ power.T
    decibel = 10 * np.log10(np.maximum(1e-10, energy))
    decibel = np.maximum(decibel, decibel.max() - p["range"]) - decibel.max()
    return ((decibel - p["mean"]) / p["std"]).astype(np.float32)


def load(path):
    """Spectrograms, digits and speakers of an archive."""
    x, y, who = [], [], []
    with tarfile.open(path) as tar:
        for member in sorted(tar.getmembers(), key=lambda m: m.name):
            if not member.name.endswith(".wav"):
                continue
            with wave.open(io.BytesIO(tar.extractfile(member).read())) as file:
                samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
            digit, speaker, _ = pathlib.PurePosixPath(member.name).stem.split("_")
            x.append(log_mel(samples))
            y.append(int(digit))
            who.append(speaker)
    return torch.from_numpy(np.stack(x)), torch.tensor(y), np.array(who)


def block(c_in, c_out, stride):
    return nn.Sequential(nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False), nn.BatchNorm2d(c_out), nn.ReLU())


class Net(nn.Module):
    """Five 3x3 convolutions over time and frequency, global average pooling, one linear layer."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            block(1, 16, 1), block(16, 32, 2), block(32, 32, 1), block(32, 64, 2), block(64, 64, 1))
        self.drop = nn.Dropout(0.2)
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        return self.head(self.drop(self.features(x[:, None]).mean((2, 3))))


def augment(x, generator):
    """Shift by up to 20 frames to the right, three bands up or down, a masked stripe of time and of frequency, noise."""
    n, bands, frames = x.shape
    silence = x.amin()
    later = torch.randint(0, 21, (n, 1), generator=generator)
    up = torch.randint(-3, 4, (n, 1), generator=generator)
    time = torch.arange(frames) - later
    band = (torch.arange(bands) - up).clamp(0, bands - 1)
    x = x[torch.arange(n)[:, None, None], band[:, :, None], time.clamp(0)[:, None]]
    x = torch.where((time < 0)[:, None], silence, x)
    for axis, widest in ((1, 7), (2, 13)):
        length = x.shape[axis]
        start = torch.randint(0, length, (n, 1), generator=generator)
        end = start + torch.randint(0, widest, (n, 1), generator=generator)
        masked = (torch.arange(length) >= start) & (torch.arange(length) < end)
        x = torch.where(masked[:, :, None] if axis == 1 else masked[:, None], silence, x)
    return x + 0.1 * torch.randn(x.shape, generator=generator)


@torch.no_grad()
def accuracy(net, x, y):
    net.eval()
    hits = sum((net(a).argmax(1) == b).sum().item() for a, b in zip(x.split(256), y.split(256)))
    return hits / len(x)


def train(net, x, y, args):
    generator = torch.Generator().manual_seed(args.seed)
    steps = args.epochs * (len(x) // args.batch)
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.lr, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.lr, total_steps=steps)
    for epoch in range(args.epochs):
        net.train()
        total = 0.0
        order = torch.randperm(len(x), generator=generator)
        for rows in order.split(args.batch)[: len(x) // args.batch]:
            loss = F.cross_entropy(net(augment(x[rows], generator)), y[rows], label_smoothing=0.05)
            total += step(loss, optimizer, schedule)
        print(f"epoch {epoch + 1}/{args.epochs} loss {total / (len(x) // args.batch):.3f}", flush=True)


def main():
    args = arguments(__doc__, pathlib.Path(__file__).parent, epochs=30, lr=0.005)
    args.add_argument("data", type=pathlib.Path)
    args.add_argument("--batch", type=int, default=60)
    args.add_argument("--leave-out")
    args = args.parse_args()

    torch.manual_seed(args.seed)
    x, y, who = load(args.data / "train.tar")
    test_x, test_y, _ = load(args.data / "test.tar")
    net = Net()
    if args.leave_out:
        seen = torch.from_numpy(who != args.leave_out)
        train(net, x[seen], y[seen], args)
        print(f"{args.leave_out} left out of training: {accuracy(net, x[~seen], y[~seen]):.4f}")
        return
    train(net, x, y, args)
    right = {"train": round(accuracy(net, x, y), 4), "test": round(accuracy(net, test_x, test_y), 4)}
    figures = figures_of(net, args, accuracy=right)
    export(net, torch.zeros(1, *x.shape[1:]), ["log_mel"], args.out, figures, dynamo=False)


if __name__ == "__main__":
    main()
