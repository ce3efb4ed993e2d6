"""Trains the embedded classifier of texts on the Sentence Polarity Dataset and exports it as ONNX.

    python3 models/movie_reviews/train.py text_sentiment --out models/movie_reviews

The folder holds train.csv and test.csv with the columns `text` and `label`. Needs torch, numpy and onnx.
"""
import collections
import csv
import math
import pathlib
import re
import sys

import torch
from torch import nn
from torch.nn import functional as F

sys.path.append(str(pathlib.Path(__file__).parent.parent))
from training import arguments, export, figures_of, step  # noqa: E402

LABELS = ["negative", "positive"]
PAD, UNKNOWN = 0, 1
SPECIAL = ["<pad>", "<unk>"]
WORD = re.compile(r"[\w']+")  # the manifest's separator is the opposite of this
MAX_LENGTH = 128


class Net(nn.Module):
    """Word embeddings, one convolution over three words, and a weighted mean over the words that the mask keeps."""

    def __init__(self, words, width=24, channels=48):
        super().__init__()
        self.embedding = nn.Embedding(words, width, padding_idx=PAD)
        self.convolution = nn.Conv1d(width, channels, 3, padding=1)
        self.weight = nn.Linear(width + channels, 1)
        self.drop = nn.Dropout(0.5)
        self.head = nn.Linear(width + channels, len(LABELS))

    def forward(self, ids, mask):
        kept = mask.unsqueeze(2).to(torch.float32)
        words = self.drop(self.embedding(ids)) * kept
        near = torch.relu(self.convolution(words.transpose(1, 2))).transpose(1, 2)
        both = torch.cat([words, near], 2)
        weight = torch.softmax(self.weight(both) - 1e4 * (1 - kept), 1)
        return self.head(self.drop((weight * both).sum(1)))


def load(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [WORD.findall(row["text"].lower()) for row in rows], torch.tensor([LABELS.index(row["label"]) for row in rows])


def vocabulary(texts, least):
    counts = collections.Counter(word for text in texts for word in text)
    return SPECIAL + sorted(word for word, count in counts.items() if count >= least)


def encode(texts, words):
    ids = {word: i for i, word in enumerate(words)}
    length = min(MAX_LENGTH, max(map(len, texts)))
    rows = [[ids.get(word, UNKNOWN) for word in text[:length]] or [UNKNOWN] for text in texts]
    return torch.tensor([row + [PAD] * (length - len(row)) for row in rows])


def log_ratios(ids, y, size):
    """Logarithm of how much more often each word stands in positive sentences, as naive Bayes counts; [words]."""
    counts = torch.ones(2, size)
    for row, label in zip(ids.tolist(), y.tolist()):
        for word in set(row):
            counts[label, word] += 1
    ratio = torch.log(counts[1] / counts[1].sum()) - torch.log(counts[0] / counts[0].sum())
    ratio[[PAD, UNKNOWN]] = 0
    return ratio


@torch.no_grad()
def scores(net, ids):
    net.eval()
    return torch.cat([net(part, (part != PAD).long()) for part in ids.split(512)])


def train(net, ids, y, args, targets):
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.lr, weight_decay=args.decay)
    steps = args.epochs * math.ceil(len(ids) / args.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.lr, total_steps=steps)
    for epoch in range(args.epochs):
        net.train()
        total = 0.0
        for rows in torch.randperm(len(ids)).split(args.batch):
            part = ids[rows]
            mask = (part != PAD).long()
            part = part[:, : int(mask.sum(1).max())]
            mask = mask[:, : part.shape[1]]
            unknown = (torch.rand(part.shape) < args.word_dropout) & (mask == 1)
            loss = F.cross_entropy(net(part.masked_fill(unknown, UNKNOWN), mask), targets[rows])
            total += step(loss, optimizer, schedule) * len(rows)
        yield epoch, total / len(ids)


def main():
    args = arguments(__doc__, pathlib.Path(__file__).parent, epochs=3, lr=0.01)
    args.add_argument("data", type=pathlib.Path)
    args.add_argument("--decay", type=float, default=0.05)
    args.add_argument("--batch", type=int, default=64)
    args.add_argument("--word-dropout", type=float, default=0.3)
    args.add_argument("--least", type=int, default=2, help="times that a word occurs to get an embedding of its own")
    args = args.parse_args()

    torch.manual_seed(args.seed)
    texts = {part: load(args.data / f"{part}.csv") for part in ("train", "test")}
    words = vocabulary(texts["train"][0], args.least)
    data = {part: (encode(rows, words), y) for part, (rows, y) in texts.items()}
    ids, y = data["train"]
    net = Net(len(words))
    with torch.no_grad():
        net.embedding.weight.mul_(0.1)
        net.embedding.weight[:, 0] = log_ratios(ids, y, len(words))
    targets = F.one_hot(y, len(LABELS)) * 0.9 + 0.05
    for epoch, loss in train(net, ids, y, args, targets):
        print(f"epoch {epoch + 1}/{args.epochs} loss {loss:.3f}", flush=True)

    right = {part: round(accuracy(net, *data[part]), 4) for part in data}
    example = torch.tensor([[2, 3, 4, 5, PAD]])
    export(net, (example, (example != PAD).long()), ["input_ids", "attention_mask"], args.out,
           figures_of(net, args, words=len(words), accuracy=right), dynamo=False,
           axes={"input_ids": {0: "N", 1: "T"}, "attention_mask": {0: "N", 1: "T"}})
    (args.out / "words.txt").write_text("\n".join(words) + "\n", encoding="utf-8")


def accuracy(net, ids, y):
    return (scores(net, ids).argmax(1) == y).float().mean().item()


if __name__ == "__main__":
    main()
