"""Trains a forest of 1,000 trees of depth 8, and times the TreeSHAP of Python's shap on it.

    python bench/trees.py FOLDER && npm run bench:trees -- FOLDER

Writes model.onnx and rows.json (rows, background rows, values of both forms and seconds) for bench/trees.ts.
Needs shap, scikit-learn and skl2onnx.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import shap
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestRegressor

TREES, DEPTH, COLUMNS, ROWS, BACKGROUND, RUNS = 1000, 8, 20, 10, 100, 3

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
random = np.random.default_rng(0)
x = random.normal(size=(4000, COLUMNS)).astype(np.float32)
y = x[:, 0] * x[:, 1] + np.sin(3 * x[:, 2]) + x[:, 3:].sum(axis=1) / 4 + random.normal(size=len(x)) / 4
forest = RandomForestRegressor(TREES, max_depth=DEPTH, max_features=0.3, random_state=0, n_jobs=2).fit(x, y)
(folder / "model.onnx").write_bytes(to_onnx(forest, x[:1]).SerializeToString())

rows, background = x[:ROWS], x[100 : 100 + BACKGROUND]
explainer = shap.TreeExplainer(forest, background, feature_perturbation="interventional")
explainer.shap_values(rows[:1], check_additivity=False)
times = []
for _ in range(RUNS):
    started = time.perf_counter()
    values = explainer.shap_values(rows, check_additivity=False)
    times.append(time.perf_counter() - started)
seconds = min(times)
nodes = sum(tree.tree_.node_count for tree in forest.estimators_)
print(f"shap {shap.__version__}: {nodes} nodes, {ROWS} rows, {BACKGROUND} background rows: {seconds:.3f} s")
content = {"rows": rows.tolist(), "background": background.tolist(), "values": values.tolist(), "seconds": seconds}
(folder / "rows.json").write_text(json.dumps(content))
