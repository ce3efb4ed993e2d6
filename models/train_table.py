"""Trains the embedded model of a table, gradient-boosted trees, and exports it as ONNX.

    python3 models/train_table.py tables/penguins species --out models/penguins
    python3 models/train_table.py tables/adult income --out models/adult_income

Reads tables/penguins_train.csv and tables/penguins_test.csv. The columns, their categories in the order of their codes,
and the labels are those of the manifest in the folder --out; a missing value becomes NaN. Needs lightgbm, numpy and
onnxmltools.
"""
import argparse
import csv
import json
import math
import pathlib

import numpy as np
from lightgbm import LGBMClassifier
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType

BACKGROUND_ROWS = 64


def number(row, column):
    cell = row[column["name"]]
    if cell == "":
        return math.nan
    return float(column["categories"].index(cell)) if "categories" in column else float(cell)


def load(path, columns, labels, target):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    x = np.array([[number(row, column) for column in columns] for row in rows], dtype=np.float32)
    return rows, x, np.array([labels.index(row[target]) for row in rows])


def write_background(path, rows, columns, seed):
    """Writes some training rows, without the target: what absent columns are replaced by."""
    names = [column["name"] for column in columns]
    whole = [row for row in rows if all(row[name] for name in names)]
    chosen = np.random.default_rng(seed).choice(len(whole), min(BACKGROUND_ROWS, len(whole)), replace=False)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(whole[i] for i in sorted(chosen))


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("table", type=pathlib.Path, help="path of the two files, without _train.csv and _test.csv")
    args.add_argument("target", help="column to tell")
    args.add_argument("--rounds", type=int, default=60)
    args.add_argument("--leaves", type=int, default=16)
    args.add_argument("--lr", type=float, default=0.1)
    args.add_argument("--min-rows", type=int, default=20, help="training rows in a leaf at least")
    args.add_argument("--seed", type=int, default=0)
    args.add_argument("--out", type=pathlib.Path, required=True)
    args = args.parse_args()

    manifest = json.loads((args.out / "manifest.json").read_text(encoding="utf-8"))
    columns, labels = manifest["modalities"]["tabular"]["columns"], manifest["labels"]
    data = {part: load(f"{args.table}_{part}.csv", columns, labels, args.target) for part in ("train", "test")}
    rows, x, y = data["train"]
    model = LGBMClassifier(n_estimators=args.rounds, num_leaves=args.leaves, learning_rate=args.lr,
                           min_child_samples=args.min_rows, random_state=args.seed, deterministic=True,
                           force_row_wise=True, n_jobs=1, verbose=-1).fit(x, y)
    figures = {"rounds": args.rounds, "leaves": args.leaves, "seed": args.seed,
               "accuracy": {part: round(float(model.score(*data[part][1:])), 4) for part in data}}
    exported = convert_lightgbm(model, initial_types=[("row", FloatTensorType([None, len(columns)]))], zipmap=False,
                                target_opset=15)
    (args.out / "model.onnx").write_bytes(exported.SerializeToString())
    write_background(args.out / "background.csv", rows, columns, args.seed)
    (args.out / "training.json").write_text(json.dumps(figures, indent=2) + "\n")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
