"""requests and httpx as people use them: with and without a content type, forms, compressed and chunked bodies.

python http_clients.py <address of the server> <image file>
"""
import gzip
import json
import sys

import httpx
import requests
from report import Report

URL, IMAGE = sys.argv[1], open(sys.argv[2], "rb").read()
MODEL = f"{URL}/v2/models/cifar10"
TENSORS = {"inputs": [{"name": "input", "datatype": "FP32", "shape": [1, 3, 32, 32], "data": [0.5] * 3072}]}
TEXT = json.dumps(TENSORS)
EXPLAIN = f"{MODEL}/explain?method=saliency"


def answered(response, output="attribution"):
    assert response.status_code == 200, f"{response.status_code}: {response.text[:200]}"
    names = [one["name"] for one in response.json()["outputs"]]
    assert output in names, names
    return names


def refused(response, status):
    assert response.status_code == status, f"{response.status_code}: {response.text[:200]}"
    assert response.json()["error"] == response.json()["detail"], response.text
    return response.json()["error"]


report = Report("requests")
report.check("json=", lambda: answered(requests.post(f"{MODEL}/infer", json=TENSORS, timeout=60), "logits"))
report.check("data= of a text, without a type", lambda: answered(requests.post(f"{MODEL}/infer", data=TEXT, timeout=60), "logits"))
report.check("data= of an image, with a type", lambda: answered(requests.post(EXPLAIN, data=IMAGE, headers={"Content-Type": "image/jpeg"}, timeout=60)))
report.check("files=", lambda: answered(requests.post(EXPLAIN, files={"image": IMAGE}, timeout=60)))
report.check("files= and data=", lambda: answered(requests.post(f"{MODEL}/explain", files={"photo": IMAGE}, data={"method": "saliency"}, timeout=60)))
report.check("a chunked body", lambda: answered(requests.post(f"{MODEL}/infer", data=iter([TEXT[:900].encode(), TEXT[900:].encode()]), timeout=60), "logits"))
report.check("a gzip body", lambda: answered(requests.post(f"{MODEL}/infer", data=gzip.compress(TEXT.encode()), headers={"Content-Encoding": "gzip"}, timeout=60), "logits"))
report.check("a mistake is said in `error`", lambda: refused(requests.post(f"{MODEL}/infer", data='{"inputs": 1}', timeout=60), 400))
report.check("an image that is none", lambda: refused(requests.post(EXPLAIN, data=b"no image", headers={"Content-Type": "image/jpeg"}, timeout=60), 400))

report = Report("httpx")
report.check("json=", lambda: answered(httpx.post(f"{MODEL}/infer", json=TENSORS, timeout=60), "logits"))
report.check("content= without a type", lambda: answered(httpx.post(f"{MODEL}/infer", content=TEXT, timeout=60), "logits"))
report.check("files=", lambda: answered(httpx.post(EXPLAIN, files={"image": ("cat.jpg", IMAGE, "image/jpeg")}, timeout=60)))
