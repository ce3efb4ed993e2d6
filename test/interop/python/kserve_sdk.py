"""KServe's own client, protocols v1 and v2.

python kserve_sdk.py <address of the server>
"""
import asyncio
import sys

import numpy as np
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput
from report import Report

URL, MODEL = sys.argv[1], "cifar10"
X = np.random.RandomState(0).rand(2, 3, 32, 32).astype(np.float32)
asyncio.set_event_loop(asyncio.new_event_loop())


async def client_of(protocol):
    return InferenceRESTClient(RESTConfig(protocol=protocol, retries=0, timeout=60))


def opened(protocol):
    return asyncio.get_event_loop().run_until_complete(client_of(protocol))


async def equal(call, wanted):
    value = await call
    assert value is wanted, f"{value!r}, wanted {wanted!r}"
    return value


async def infer(binary=True, asked=None, name="input", model=MODEL, array=X, datatype="FP32"):
    value = InferInput(name, list(array.shape), datatype)
    value.set_data_from_numpy(array, binary_data=binary)
    outputs = [] if asked is None else [RequestedOutput("logits", parameters={"binary_data": asked})]
    request = InferRequest(model_name=model, infer_inputs=[value], request_outputs=outputs, request_id="r-1")
    answer = await V2.infer(URL, request, model_name=model)
    shape = answer.outputs[0].as_numpy().shape
    assert shape == (2, 10) and answer.id == "r-1", (shape, answer.id)
    return shape


async def count(call, name):
    answer = await call
    assert len(answer[name]) == 2, answer
    return list(answer)


report, V2 = Report("KServe SDK v2"), opened("v2")
report.check("live", lambda: equal(V2.is_server_live(URL), True))
report.check("ready", lambda: equal(V2.is_server_ready(URL), True))
report.check("model ready", lambda: equal(V2.is_model_ready(URL, MODEL), True))
report.check("unknown model is not ready", lambda: equal(V2.is_model_ready(URL, "nope"), False))
for binary in (True, False):
    for asked in (None, True, False):
        form = {True: "bytes", False: "json", None: "any"}
        report.check(f"infer, {form[binary]} in, {form[asked]} out", lambda: infer(binary, asked))
report.refusal("an unknown input is refused in words", "nope", lambda: infer(name="nope"))
report.refusal("an unknown model is refused in words", "nope", lambda: infer(model="nope"))
report.refusal("a wrong shape is refused in words", "shape", lambda: infer(array=X[:, :1]))
report.refusal("FP16 for FP32 is refused in words", "FP16", lambda: infer(array=X.astype(np.float16), datatype="FP16"))

report, V1 = Report("KServe SDK v1"), opened("v1")
body = {"instances": X.tolist()}
report.check("live", lambda: equal(V1.is_server_live(URL), True))
report.check("model ready", lambda: equal(V1.is_model_ready(URL, MODEL), True))
report.check("predict", lambda: count(V1.infer(URL, body, model_name=MODEL), "predictions"))
report.check("explain", lambda: count(V1.explain(URL, MODEL, body), "explanations"))
parameters = {"method": "grad_cam", "target": "cat"}
report.check("explain by a method", lambda: count(V1.explain(URL, MODEL, {**body, "parameters": parameters}), "explanations"))
report.refusal("an unknown model is refused in words", "nope", lambda: V1.infer(URL, body, model_name="nope"))
