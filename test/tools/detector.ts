/** Runs a detector file with onnxruntime-node and reads it: for comparing with other people's post-processing. */
import { readFile } from 'node:fs/promises';
import { fromBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import * as ort from 'onnxruntime-node';
import type { Image } from '../../src/core/image/image.ts';
import type { ValueInfo } from '../../src/core/onnx/graph.ts';
import { infer } from '../../src/core/onnx/infer.ts';
import { read } from '../../src/core/onnx/read.ts';
import type { TaskOutputs } from '../../src/core/task/task.ts';
import type { Tensor } from '../../src/core/tensor/tensor.ts';
import { nodeCodecs } from '../../src/node/codecs.ts';
import type { TaskDescription, TensorFact } from '../../src/tasks/description.ts';

/** The facts of a file that recognition needs; shapes that the file leaves open are inferred. */
export function describe(bytes: Uint8Array, labels?: readonly string[]): TaskDescription {
  const { metadataProps } = fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  const graph = read(bytes);
  const inferred = infer(graph);
  const fact = ({ name, dtype, dims }: ValueInfo): TensorFact => ({
    name,
    dtype: dtype ?? 'float32',
    shape: inferred.get(name)?.dims ?? dims ?? [],
  });
  return {
    inputs: graph.inputs.map(fact),
    outputs: graph.outputs.map(fact),
    metadata: Object.fromEntries(metadataProps.map(({ key, value }) => [key, value])),
    ...(labels && { labels }),
  };
}

export interface Detector {
  readonly description: TaskDescription;
  run(input: Tensor<'float32'>): Promise<TaskOutputs>;
}

export async function openDetector(path: string, labels?: readonly string[]): Promise<Detector> {
  const bytes = new Uint8Array(await readFile(path));
  const description = describe(bytes, labels);
  const session = await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  return {
    description,
    async run({ dims, data }) {
      const name = description.inputs[0]?.name as string;
      const results = await session.run({ [name]: new ort.Tensor('float32', data, dims) });
      return Object.fromEntries(
        Object.entries(results).map(([key, value]) => [
          key,
          { dtype: value.type, dims: value.dims, data: value.data } as unknown as Tensor<'float32'>,
        ]),
      );
    },
  };
}

export async function openImage(path: string): Promise<Image> {
  return nodeCodecs().decode(new Uint8Array(await readFile(path)));
}
