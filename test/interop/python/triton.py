"""Triton's Python clients over HTTP, synchronous and asyncio: 54 encodings of an inference each, options, and mistakes.

python triton.py <address of the server> <sync|aio>
"""
import asyncio
import sys

import numpy as np
import requests
import tritonclient.http as sync_client
import tritonclient.http.aio as aio_client
from report import Report

ADDRESS, KIND = sys.argv[1:3]
MODEL, INPUT, OUTPUT, SHAPE = "cifar10", "input", "logits", [2, 3, 32, 32]
X = np.random.RandomState(0).rand(*SHAPE).astype(np.float32)
asyncio.set_event_loop(asyncio.new_event_loop())
module = sync_client if KIND == "sync" else aio_client
report = Report(f"tritonclient {KIND}")


def right_scores():
    body = {"inputs": [{"name": INPUT, "datatype": "FP32", "shape": SHAPE, "data": X.ravel().tolist()}]}
    answer = requests.post(f"{ADDRESS}/v2/models/{MODEL}/infer", json=body, timeout=60).json()
    return np.array(answer["outputs"][0]["data"], np.float32).reshape(2, -1)


async def opened():
    return module.InferenceServerClient(ADDRESS.removeprefix("http://"))


CLIENT = asyncio.get_event_loop().run_until_complete(opened())
RIGHT = right_scores()


def tensor(array=X, datatype="FP32", name=INPUT, binary=True):
    value = module.InferInput(name, list(array.shape), datatype)
    value.set_data_from_numpy(array, binary_data=binary)
    return value


def finished(call):
    return asyncio.get_event_loop().run_until_complete(call) if asyncio.iscoroutine(call) else call


def infer(inputs, then=lambda answer: answer, model=MODEL, **options):
    return then(finished(CLIENT.infer(model, inputs, **options)))


def same(answer):
    scores = answer.as_numpy(OUTPUT)
    worst = float(np.abs(scores.reshape(2, -1) - RIGHT).max())
    assert scores.dtype == np.float32 and worst < 1e-4, f"{scores.dtype}, differs by {worst}"
    return f"differs by {worst:.0e}"


def equal(value, wanted):
    assert value == wanted, f"{value!r}, wanted {wanted!r}"
    return value


report.check("live", lambda: equal(finished(CLIENT.is_server_live()), True))
report.check("ready", lambda: equal(finished(CLIENT.is_server_ready()), True))
report.check("model ready", lambda: equal(finished(CLIENT.is_model_ready(MODEL)), True))
report.check("unknown model is not ready", lambda: equal(finished(CLIENT.is_model_ready("nope")), False))
report.check("server metadata", lambda: finished(CLIENT.get_server_metadata())["extensions"])
report.check("model metadata", lambda: equal(finished(CLIENT.get_model_metadata(MODEL))["inputs"][0]["datatype"], "FP32"))

for inward in (True, False):
    for outward in (True, False, None):
        for sent in (None, "gzip", "deflate"):
            for returned in (None, "gzip", "deflate"):
                outputs = None if outward is None else [module.InferRequestedOutput(OUTPUT, binary_data=outward)]
                form = {True: "bytes", False: "json", None: "any"}
                report.check(
                    f"infer, {form[inward]} in, {form[outward]} out, body {sent}, answer {returned}",
                    lambda: infer(
                        [tensor(binary=inward)], same, outputs=outputs,
                        request_compression_algorithm=sent, response_compression_algorithm=returned,
                    ),
                )

report.check("request_id", lambda: infer([tensor()], lambda answer: equal(answer.get_response()["id"], "r-1"), request_id="r-1"))
report.check("model_version", lambda: infer([tensor()], same, model_version="1"))
report.check("priority and timeout", lambda: infer([tensor()], same, priority=1, timeout=30_000_000))
report.check("parameters", lambda: infer([tensor()], same, parameters={"word": "value", "number": 3, "flag": True}))


def classes(binary):
    output = module.InferRequestedOutput(OUTPUT, binary_data=binary, class_count=3)
    top = infer([tensor()], outputs=[output]).as_numpy(OUTPUT)
    best = top[0][0].decode() if isinstance(top[0][0], bytes) else top[0][0]
    return equal(int(best.split(":")[1]), int(RIGHT[0].argmax()))


report.check("classification in bytes", lambda: classes(True))
report.check("classification in JSON", lambda: classes(False))
report.refusal("a sequence is refused", "sequence", lambda: infer([tensor()], sequence_id=7, sequence_start=True))
report.refusal("FP64 for FP32 is refused", "FP64", lambda: infer([tensor(X.astype(np.float64), "FP64")]))
report.refusal("an unknown input is refused", "nope", lambda: infer([tensor(name="nope")]))
report.refusal("a wrong shape is refused", "shape", lambda: infer([tensor(X[:, :1])]))
report.refusal("NaN is refused", "NaN", lambda: infer([tensor(X * np.nan)]))
report.refusal("an unknown output is refused", "nope", lambda: infer([tensor()], outputs=[module.InferRequestedOutput("nope")]))
report.refusal("an unknown model is refused", "nope", lambda: infer([tensor()], model="nope"))
finished(CLIENT.close())
