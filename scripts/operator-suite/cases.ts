/** Reads folders of operator tests: those that Python's `onnx` generates, and folders with a `case.json` and `.npy` arrays. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { type ModelProto, ModelProtoSchema, TensorProtoSchema } from 'onnx-buf';
import { constantData } from '../../src/core/onnx/constant.ts';
import { toConstant } from '../../src/core/onnx/read/tensor.ts';
import { Dictionary } from '../../src/core/onnx/words/dictionary.ts';
import type { Tensor } from '../../src/core/tensor/tensor.ts';
import { readNpy } from './npy.ts';

/** An output with its cotangent, and the gradient with respect to inputs that the case states. */
export interface StatedGradients {
  readonly output: string;
  readonly cotangent: Tensor;
  readonly gradients: Readonly<Record<string, Tensor>>;
}

export interface OperatorCase {
  readonly name: string;
  readonly model: Uint8Array;
  /** Operators of the main graph, without repetition. */
  readonly operators: readonly string[];
  readonly feeds: Readonly<Record<string, Tensor>>;
  /** Expected outputs by name. */
  readonly outputs: Readonly<Record<string, Tensor>>;
  readonly stated?: StatedGradients;
}

/** A case that this harness cannot feed, and why. */
export interface SkippedCase {
  readonly name: string;
  readonly operators: readonly string[];
  readonly skipped: string;
}

/** Every case below `folder`, sorted by name. */
export function* readCases(folder: string): Generator<OperatorCase | SkippedCase> {
  const names = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name === 'model.onnx')
    .map((entry) => entry.parentPath)
    .sort();
  for (const path of names) {
    if (existsSync(join(path, 'case.json'))) yield withArrays(path);
    else if (existsSync(join(path, 'test_data_set_0'))) yield withMessages(path);
  }
}

function modelOf(path: string): { bytes: Uint8Array; proto: ModelProto; operators: string[] } {
  const bytes = readFileSync(join(path, 'model.onnx'));
  const proto = fromBinary(ModelProtoSchema, new Uint8Array(bytes));
  return { bytes, proto, operators: [...new Set(proto.graph?.node.map(({ opType }) => opType))] };
}

interface ArrayCase {
  readonly inputs: readonly { readonly name: string; readonly file: string; readonly gradient?: string }[];
  readonly output: { readonly name: string; readonly file: string; readonly cotangent?: string };
}

function withArrays(path: string): OperatorCase {
  const { bytes, operators } = modelOf(path);
  const { inputs, output } = JSON.parse(readFileSync(join(path, 'case.json'), 'utf8')) as ArrayCase;
  const array = (file: string): Tensor => readNpy(readFileSync(join(path, file)));
  const gradients = Object.fromEntries(
    inputs.flatMap(({ name, gradient }) => (gradient ? [[name, array(gradient)]] : [])),
  );
  return {
    name: basename(path),
    model: bytes,
    operators,
    feeds: Object.fromEntries(inputs.map(({ name, file }) => [name, array(file)])),
    outputs: { [output.name]: array(output.file) },
    ...(output.cotangent && {
      stated: { output: output.name, cotangent: array(output.cotangent), gradients },
    }),
  };
}

function withMessages(path: string): OperatorCase | SkippedCase {
  const { bytes, proto, operators } = modelOf(path);
  const name = basename(path);
  const data = join(path, 'test_data_set_0');
  const [inputs, outputs] = [proto.graph?.input ?? [], proto.graph?.output ?? []];
  if ([...inputs, ...outputs].some(({ type }) => type?.value.case !== 'tensorType')) {
    return { name, operators, skipped: 'inputs or outputs that are no tensors' };
  }
  const load = (kind: string, values: typeof inputs): Record<string, Tensor> =>
    Object.fromEntries(
      values.flatMap((value, i) => {
        const file = join(data, `${kind}_${i}.pb`);
        return existsSync(file) ? [[value.name, readMessage(file)]] : [];
      }),
    );
  try {
    return { name, model: bytes, operators, feeds: load('input', inputs), outputs: load('output', outputs) };
  } catch (error) {
    return { name, operators, skipped: `arrays that cannot be read: ${(error as Error).message}` };
  }
}

function readMessage(file: string): Tensor {
  const constant = toConstant(fromBinary(TensorProtoSchema, new Uint8Array(readFileSync(file))), {
    dictionary: new Dictionary(),
  });
  return { dtype: constant.dtype, dims: constant.dims, data: constantData(constant) };
}
