"""Common parts of the training scripts of the embedded networks: arguments, one optimiser step, export. Needs torch."""
import argparse
import json

import torch


def arguments(doc, out, epochs, lr):
    """Parser with the arguments that every script has; `doc` is the script's help, `out` its default folder."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=epochs)
    parser.add_argument("--lr", type=float, default=lr)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=type(out), default=out)
    return parser


def step(loss, optimizer, schedule):
    """One step of the optimiser and of its schedule. Returns the loss as a number."""
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    schedule.step()
    return loss.item()


def figures_of(net, args, **more):
    """What training.json states: parameters, epochs, seed, and what the script adds."""
    return {"parameters": sum(p.numel() for p in net.parameters()), "epochs": args.epochs, "seed": args.seed, **more}


def export(net, example, inputs, out, figures, axes=None, **options):
    """Writes model.onnx, whose first dim is the batch unless `axes` names more, and training.json."""
    net.eval()
    out.mkdir(parents=True, exist_ok=True)
    named = {name: {0: "N"} for name in [*inputs, "logits"]} | (axes or {})
    torch.onnx.export(net, example, str(out / "model.onnx"), opset_version=17, input_names=inputs,
                      output_names=["logits"], dynamic_axes=named, do_constant_folding=True, **options)
    (out / "training.json").write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures))
