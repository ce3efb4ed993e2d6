"""Targets of the training and the loss."""
import numpy as np
import torch
from torch.nn import functional as F

from classes import LABELS


def bias_of(logits, rounds=30):
    """How much too large each output is: without it, all outputs have the same mean probability over the training images.

    Images enlarged from 64 pixels make the teacher prefer some classes to others. Every id has as many images as the
    others, so unequal means are an error: correcting them takes the teacher from 48 % to 56 % on the training images.
    """
    bias = torch.zeros(logits.shape[1])
    for _ in range(rounds):
        bias += (((logits - bias) / 1.5).softmax(1).mean(0) * logits.shape[1]).log()
    return bias


class Targets:
    """What the three heads are to answer for a row of the training part."""

    def __init__(self, y, of_id, logits, outputs):
        self.y, self.of_id = torch.from_numpy(y), torch.tensor(of_id)
        self.logits, self.outputs = logits, torch.tensor(outputs)
        self.bias = bias_of(torch.from_numpy(np.array(logits[:, outputs], dtype=np.float32)))
        listed = self.of_id >= 0
        self.merge = torch.zeros(len(of_id), len(LABELS))
        self.merge[listed, self.of_id[listed]] = 1

    def __call__(self, rows):
        logits = torch.from_numpy(np.array(self.logits[rows], dtype=np.float32))
        y = self.y[rows]
        group = self.of_id[y]
        shares = (logits[:, self.outputs] - self.bias).softmax(1) @ self.merge
        shares = (shares + 1e-4) / (shares + 1e-4).sum(1, keepdim=True)
        label = F.one_hot(group.clamp(min=0), len(LABELS)).float()
        return y, group, 0.6 * label + 0.4 * shares, logits


def loss_of(net, x, targets):
    """Label and teacher for the classes, no preference outside of them, and both again with finer answers."""
    y, group, soft, logits = targets
    pooled = net.pooled(x).float()
    inside = group >= 0
    uniform = torch.full_like(soft, 1 / soft.shape[1])
    wanted = torch.where(inside[:, None], soft, uniform)
    weight = torch.where(inside, 1.0, 0.3)
    own = (F.cross_entropy(net.head(pooled), wanted, reduction="none") * weight).mean()
    fine = F.cross_entropy(net.fine(pooled), y, label_smoothing=0.1)
    known = F.kl_div((net.teacher(pooled) / 2).log_softmax(1), (logits / 2).log_softmax(1), log_target=True, reduction="batchmean")
    return own + 0.4 * fine + 2 * known, own
