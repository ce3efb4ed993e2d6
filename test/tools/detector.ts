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
import { sizeOf, type Tensor } from '../../src/core/tensor/tensor.ts';
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

/** Letterbox of OpenCV: bilinear without antialiasing, in 11-bit fixed point, grey 114 around. */
export interface Letterbox {
  readonly size: readonly [number, number];
  readonly left: number;
  readonly top: number;
  /** Size of the image inside. */
  readonly inner: readonly [number, number];
  readonly scale: number;
  readonly fill: number;
}

/** `[1, 3, H, W]`, red first. */
export function letterboxed(image: Image, { size, left, top, inner, scale, fill }: Letterbox): Tensor<'float32'> {
  const [height, width] = size;
  const [innerHeight, innerWidth] = inner;
  const dims = [1, 3, height, width];
  const data = new Float32Array(sizeOf(dims)).fill(Math.fround(fill * scale));
  const columns = taps(innerWidth, image.width);
  const rows = taps(innerHeight, image.height);
  for (let y = 0; y < innerHeight; y++) {
    for (let x = 0; x < innerWidth; x++) {
      const [column, row] = [columns[x] as Taps, rows[y] as Taps];
      for (let c = 0; c < 3; c++) {
        const value = (yy: number, xx: number) => image.data[(yy * image.width + xx) * 4 + c] as number;
        const line = (yy: number) =>
          value(yy, column.below) * (2048 - column.share) + value(yy, column.above) * column.share;
        const sum =
          (((line(row.below) >> 4) * (2048 - row.share)) >> 16) + (((line(row.above) >> 4) * row.share) >> 16);
        data[(c * height + y + top) * width + x + left] = Math.fround(((sum + 2) >> 2) * scale);
      }
    }
  }
  return { dtype: 'float32', dims, data };
}

interface Taps {
  readonly below: number;
  readonly above: number;
  readonly share: number;
}

function taps(count: number, length: number): Taps[] {
  return Array.from({ length: count }, (_, i) => {
    const place = (i + 0.5) * (length / count) - 0.5;
    const below = Math.floor(place);
    const share = below < 0 || below >= length - 1 ? 0 : place - below;
    const at = Math.min(Math.max(below, 0), length - 1);
    return { below: at, above: Math.min(at + 1, length - 1), share: Math.round(share * 2048) };
  });
}
