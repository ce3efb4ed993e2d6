/** ONNX files of any version, for tests of what reads them. */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { ModelProtoSchema } from 'onnx-buf';
import type { Attribute, Graph, Node } from '../../src/core/onnx/graph.ts';
import { graphInit } from '../../src/core/onnx/write/messages.ts';

type ModelInit = Exclude<MessageInitShape<typeof ModelProtoSchema>, { $typeName: string }>;
type GraphInit = Exclude<NonNullable<ModelInit['graph']>, { $typeName: string }>;

export const node = (
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, Attribute>> = {},
  domain = '',
): Node => ({ name: '', op, domain, inputs, outputs, attributes });

/** A graph of nothing but these parts. */
export const graphOf = (parts: Partial<Graph>): Graph => ({
  name: 'graph',
  opsets: { '': 21 },
  inputs: [],
  outputs: [],
  constants: new Map(),
  nodes: [],
  ...parts,
});

/** A file with this graph; `extra` fields of the graph and the model are added as they are. */
export function onnxFile(
  graph: Partial<Graph>,
  { opset = 21, graph: extra = {}, ...model }: { opset?: number; graph?: GraphInit } & Omit<ModelInit, 'graph'> = {},
): Uint8Array {
  const whole = graphOf({ name: 'test', opsets: {}, ...graph });
  const init = graphInit(whole) as GraphInit;
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: opset < 9 ? 3n : opset < 21 ? 7n : 10n,
      opsetImport: [{ domain: '', version: BigInt(opset) }],
      ...model,
      graph: {
        ...init,
        ...extra,
        initializer: [...(init.initializer ?? []), ...(extra.initializer ?? [])],
        input: [...(init.input ?? []), ...(extra.input ?? [])],
      },
    }),
  );
}
