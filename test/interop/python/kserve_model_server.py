"""KServe's Python ModelServer with onnxruntime: an inference server to stand behind whylight.

python kserve_model_server.py <folder of whylight export triton> <port>
"""
import pathlib
import sys

import onnxruntime
import uvicorn
from kserve import InferOutput, InferResponse, Model, ModelServer

KINDS = {"float": "FP32", "double": "FP64", "float16": "FP16", "bool": "BOOL", "int32": "INT32", "int64": "INT64", "uint8": "UINT8"}


def described(values):
    return [
        {
            "name": value.name,
            "datatype": KINDS[value.type.removeprefix("tensor(").removesuffix(")")],
            "shape": [dim if isinstance(dim, int) else -1 for dim in value.shape],
        }
        for value in values
    ]


class Graph(Model):
    def __init__(self, name, path):
        super().__init__(name)
        self.session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        self.ready = True

    async def get_input_types(self):
        return described(self.session.get_inputs())

    async def get_output_types(self):
        return described(self.session.get_outputs())

    async def predict(self, payload, headers=None, response_headers=None):
        asked = payload.request_outputs or []
        names = [output.name for output in asked] or [output.name for output in self.session.get_outputs()]
        types = {entry["name"]: entry["datatype"] for entry in described(self.session.get_outputs())}
        binary = bool(payload.use_binary_outputs) or any(output.binary_data for output in asked)
        outputs = []
        for name, array in zip(names, self.session.run(names, {value.name: value.as_numpy() for value in payload.inputs})):
            output = InferOutput(name, list(array.shape), types[name])
            output.set_data_from_numpy(array, binary_data=binary)
            outputs.append(output)
        return InferResponse(payload.id or "", self.name, outputs, requested_outputs=asked, use_binary_outputs=payload.use_binary_outputs)


class Loopback(uvicorn.Config):
    """ModelServer listens at every address and takes no other."""

    def __init__(self, *values, **options):
        super().__init__(*values, **{**options, "host": "127.0.0.1"})


if __name__ == "__main__":
    repository, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    uvicorn.Config = Loopback
    graphs = [Graph(path.parent.parent.name, path) for path in sorted(repository.glob("*/1/model.onnx"))]
    ModelServer(http_port=port, workers=1, enable_grpc=False, enable_docs_url=False, grace_period=1).start(graphs)
