"""A runtime of MLServer for ONNX files, as its documentation describes custom runtimes."""
import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse, MetadataTensor

KINDS = {"float": "FP32", "double": "FP64", "bool": "BOOL", "int32": "INT32", "int64": "INT64", "uint8": "UINT8"}


def described(values):
    return [
        MetadataTensor(
            name=value.name,
            datatype=KINDS[value.type.removeprefix("tensor(").removesuffix(")")],
            shape=[dim if isinstance(dim, int) else -1 for dim in value.shape],
        )
        for value in values
    ]


class Graph(MLModel):
    async def load(self) -> bool:
        self.session = onnxruntime.InferenceSession(self.settings.parameters.uri, providers=["CPUExecutionProvider"])
        self.inputs, self.outputs = described(self.session.get_inputs()), described(self.session.get_outputs())
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        names = [output.name for output in payload.outputs or []] or [output.name for output in self.session.get_outputs()]
        feeds = {value.name: NumpyCodec.decode_input(value) for value in payload.inputs}
        found = zip(names, self.session.run(names, feeds))
        outputs = [NumpyCodec.encode_output(name, array) for name, array in found]
        return InferenceResponse(id=payload.id, model_name=self.name, outputs=outputs)
