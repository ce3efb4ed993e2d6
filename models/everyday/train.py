"""Trains the classifier of everyday things and writes its weights; `export.py` makes the ONNX file of them.

    python3 models/everyday/train.py DATA TEACHER --cache CACHE --minutes 100

DATA is a folder with everyday_train.zip, everyday_val.zip, classes.json and everyday_imagenet1k.json. TEACHER is a
MobileNetV2 of ImageNet as ONNX, [n, 3, 224, 224] to [n, 1001] logits. CACHE keeps the decoded images, the outputs of the
teacher and the checkpoints. Needs torch, onnxruntime, numpy and Pillow. The learning rate follows the time that has
passed, so the training ends in time whatever else the machine does; runs are therefore not the same to the bit.
"""
import argparse
import json
import math
import os
import pathlib
import time

import numpy as np
import torch

from classes import LABELS, groups
from data import augmented, ids, images, resized, teacher, teacher_outputs
from net import Average, Net
from targets import Targets, loss_of

# Sizes of the crops by the part of the time that has passed: small ones cost less while the weights are still rough.
SIZES = [(0.62, 48), (1.0, 56)]
HELD_OUT = 8  # of the images of each id, for decisions that must not look at the validation part
OUTSIDE = 0.25  # part of the images without a class that one epoch shows


def parse():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("data")
    args.add_argument("teacher")
    args.add_argument("--cache", type=pathlib.Path, required=True)
    args.add_argument("--minutes", type=float, default=100)
    args.add_argument("--batch", type=int, default=128)
    args.add_argument("--lr", type=float, default=0.12)
    args.add_argument("--threads", type=int, default=1)
    args.add_argument("--seed", type=int, default=0)
    args.add_argument("--resume", action="store_true", help="go on from the last checkpoint; its minutes count")
    return args.parse_args()


def split(y):
    """Rows to train on and rows held out: the last ones of each id after a fixed shuffle."""
    order = np.random.default_rng(0).permutation(len(y))
    held = np.concatenate([order[y[order] == number][-HELD_OUT:] for number in np.unique(y)])
    return np.setdiff1d(np.arange(len(y)), held), held


def rate(done, peak):
    """Learning rate: up within the first 6 % of the time, then down along a cosine."""
    return peak * (done / 0.06 if done < 0.06 else 0.5 * (1 + math.cos(math.pi * min(1, (done - 0.06) / 0.94))))


@torch.no_grad()
def accuracy(net, x, y, of_id, size=64):
    """Top-1 and top-5 on the images that belong to a class."""
    group = torch.tensor(of_id)[torch.from_numpy(y)]
    rows = torch.nonzero(group >= 0).flatten()
    hits = torch.zeros(5)
    for part in rows.split(256):
        with torch.autocast("cpu", torch.bfloat16):
            top = net(resized(x[part.numpy()], size).contiguous(memory_format=torch.channels_last)).float().topk(5).indices
        hits += (top == group[part][:, None]).float().sum(0)
    shares = (hits.cumsum(0) / len(rows)).tolist()
    return round(shares[0], 4), round(shares[4], 4)


def save(path, **state):
    """Writes beside the file first, so that a checkpoint is always whole."""
    torch.save(state, f"{path}.part")
    os.replace(f"{path}.part", path)


def main():
    args = parse()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    generator = torch.Generator().manual_seed(args.seed)
    args.cache.mkdir(parents=True, exist_ok=True)
    (x, y), (x_val, y_val) = (images(args.data, part, args.cache) for part in ("train", "val"))
    of_id = groups(ids(args.data))
    targets = Targets(y, of_id, teacher(args.data, args.teacher, args.cache), teacher_outputs(args.data))
    rows, held = split(y)
    inside = np.array(of_id)[y[rows]] >= 0
    inside, outside = torch.from_numpy(rows[inside]), torch.from_numpy(rows[~inside])

    net = Net(len(LABELS), len(of_id), targets.logits.shape[1]).to(memory_format=torch.channels_last)
    average = Average(net)
    decayed = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    optimizer = torch.optim.SGD([{"params": decayed, "weight_decay": 5e-4}, {"params": plain}], lr=0.0, momentum=0.9, nesterov=True)
    before, before_cpu, epoch, file = 0.0, 0.0, 0, args.cache / "last.pt"
    if args.resume:
        state = torch.load(file)
        net.load_state_dict(state["net"]), average.net.load_state_dict(state["average"]), optimizer.load_state_dict(state["optimizer"])
        before, before_cpu = state["seconds"], state["cpu_seconds"]
        epoch, average.steps = state["epoch"], state["steps"]
        generator.manual_seed(args.seed + epoch)
    began = time.time()
    passed = lambda: before + time.time() - began
    cpu = lambda: before_cpu + time.process_time()
    while passed() < args.minutes * 60:
        some = outside[torch.randperm(len(outside), generator=generator)[: int(OUTSIDE * len(outside))]]
        order = torch.cat([inside, some])
        order = order[torch.randperm(len(order), generator=generator)]
        total, count = 0.0, 0
        for part in order.split(args.batch)[:-1]:
            done = passed() / (args.minutes * 60)
            if done >= 1:
                break
            size = next(size for until, size in SIZES if done < until)
            batch = augmented(x[part.numpy()], size, generator).contiguous(memory_format=torch.channels_last)
            with torch.autocast("cpu", torch.bfloat16):
                loss, own = loss_of(net, batch, targets(part.numpy()))
            for group in optimizer.param_groups:
                group["lr"] = rate(done, args.lr)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            average.update(net)
            total, count = total + own.item(), count + 1
        epoch += 1
        save(file, net=net.state_dict(), average=average.net.state_dict(), optimizer=optimizer.state_dict(), seconds=passed(), cpu_seconds=cpu(),
             epoch=epoch, steps=average.steps, labels=LABELS)
        held_out = accuracy(average.net, x[held], y[held], of_id)
        print(json.dumps({"epoch": epoch, "images": count * args.batch, "loss": round(total / max(count, 1), 3), "size": size,
                          "held_out": held_out, "minutes": round(passed() / 60, 1), "cpu": round(cpu() / 60, 1),
                          **({"val": accuracy(average.net, x_val, y_val, of_id)} if epoch % 4 == 0 else {})}), flush=True)
    print("done", accuracy(average.net, x_val, y_val, of_id), flush=True)


if __name__ == "__main__":
    main()
