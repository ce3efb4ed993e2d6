"""Writes model.onnx, labels.txt and training.json from a checkpoint of train.py.

    python3 models/everyday/export.py CACHE/last.pt --size 64

The averaged weights are taken, batch normalisation is folded into the convolutions, and the heads that only the training
needs are left out, as are classes that were removed from classes.py after the training. Needs torch and onnx.
"""
import argparse
import json
import pathlib

import torch

from classes import LABELS
from net import Net, folded

HERE = pathlib.Path(__file__).parent


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("checkpoint", type=pathlib.Path)
    args.add_argument("--size", type=int, default=64, help="height and width of the input")
    args.add_argument("--out", type=pathlib.Path, default=HERE)
    args = args.parse_args()
    state = torch.load(args.checkpoint)
    weights = state["average"]
    net = Net(len(state["labels"]), len(weights["fine.weight"]), len(weights["teacher.weight"]))
    net.load_state_dict(weights)
    net = folded(net)
    rows = [state["labels"].index(label) for label in LABELS]
    net.head.weight.data, net.head.bias.data = net.head.weight.data[rows], net.head.bias.data[rows]
    args.out.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(net, (torch.zeros(1, 3, args.size, args.size),), str(args.out / "model.onnx"), dynamo=False, opset_version=17,
                      input_names=["input"], output_names=["logits"],
                      dynamic_axes={"input": {0: "N"}, "logits": {0: "N"}}, do_constant_folding=True)
    (args.out / "labels.txt").write_text("\n".join(LABELS) + "\n")
    figures = {"parameters": sum(p.numel() for p in net.parameters()), "epochs": state["epoch"],
               "minutes": round(state["seconds"] / 60, 1), "cpu_minutes": round(state["cpu_seconds"] / 60, 1), "steps": state["steps"]}
    (args.out / "training.json").write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
