"""Accuracy of model.onnx on everyday_val.zip, computed by onnxruntime.

    python3 models/everyday/evaluate.py DATA [--classes]

DATA is a folder with everyday_val.zip and classes.json. Images whose WordNet id belongs to no class are not counted; of
them, the median of the largest probability is printed beside that of the others. Needs onnxruntime, numpy and Pillow.
"""
import argparse
import io
import json
import pathlib
import zipfile

import numpy as np
import onnxruntime
from PIL import Image

from classes import groups

HERE = pathlib.Path(__file__).parent


def images(data, preprocessing):
    """Normalised validation images [n, 3, h, w] and the class of each."""
    ids = sorted(json.loads((data / "classes.json").read_text()))
    of_id = dict(zip(ids, groups(ids)))
    height, width = preprocessing["size"]
    pixels, wanted = [], []
    with zipfile.ZipFile(data / "everyday_val.zip") as archive:
        for name in sorted(name for name in archive.namelist() if name.endswith(".jpg")):
            image = Image.open(io.BytesIO(archive.read(name))).convert("RGB")
            pixels.append(np.asarray(image.resize((width, height), Image.Resampling.BILINEAR), np.float32))
            wanted.append(of_id[name.split("/")[-2]])
    x = (np.stack(pixels) / 255 - preprocessing["mean"]) / preprocessing["std"]
    return x.transpose(0, 3, 1, 2).astype(np.float32), np.array(wanted)


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("data", type=pathlib.Path)
    args.add_argument("--model", type=pathlib.Path, default=HERE)
    args.add_argument("--classes", action="store_true", help="accuracy of each class too, worst first")
    args = args.parse_args()
    manifest = json.loads((args.model / "manifest.json").read_text())
    labels = (args.model / manifest["labels"]).read_text().split("\n")[:-1]
    x, wanted = images(args.data, manifest["preprocessing"])
    session = onnxruntime.InferenceSession(str(args.model / manifest["file"]), providers=["CPUExecutionProvider"])
    logits = np.concatenate([session.run(None, {"input": part})[0] for part in np.array_split(x, len(x) // 64)])
    order = np.argsort(-logits, 1)
    inside = wanted >= 0
    first = order[inside, 0] == wanted[inside]
    five = (order[inside, :5] == wanted[inside, None]).any(1)
    shares = np.exp(logits - logits.max(1, keepdims=True))
    largest = (shares / shares.sum(1, keepdims=True)).max(1)
    print(json.dumps({"classes": len(labels), "images": int(inside.sum()), "top1": round(float(first.mean()), 4),
                      "top5": round(float(five.mean()), 4), "confidence": round(float(np.median(largest[inside])), 3),
                      "confidence_outside": round(float(np.median(largest[~inside])), 3),
                      "right_above_0.5": round(float(first[largest[inside] > 0.5].mean()), 4),
                      "share_above_0.5": round(float((largest[inside] > 0.5).mean()), 4)}))
    if args.classes:
        accuracy = [(first[wanted[inside] == k].mean(), label) for k, label in enumerate(labels)]
        for value, label in sorted(accuracy):
            print(f"{value:.2f} {label}")


if __name__ == "__main__":
    main()
