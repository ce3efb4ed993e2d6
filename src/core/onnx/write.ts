/** A graph as an ONNX file. The same graph gives the same bytes. */
import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { GraphProtoSchema, ModelProtoSchema, TensorProto_DataLocation, TensorProtoSchema } from 'onnx-buf';
import { elementNumber } from './elements.ts';
import type { Constant, Graph } from './graph.ts';
import type { ModelBytes } from './model-bytes.ts';
import { irVersionOf, neededOpset } from './needed-opset.ts';
import { ExternalStore } from './write/external.ts';
import { graphInit } from './write/messages.ts';

export interface WriteOptions {
  /**
   * Puts constants of at least `threshold` bytes (1024 when left out) into a second file, named `path` in the first.
   * onnxruntime-web then needs much less memory.
   */
  readonly externalData?: { readonly path: string; readonly threshold?: number };
  /** Entries of `metadata_props`, by key. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Writes a graph as an ONNX file, in the operator set that its nodes need. The constants are copied once. The same
 * graph gives the same bytes.
 * @param options `externalData` puts large constants into a second file, `metadata` states facts about the model
 *
 * @example
 * import { read, write } from 'whylight/compiler';
 * const { graph, external } = write(read(bytes), { externalData: { path: 'model.data' } });
 * @see https://onnx.ai/onnx/repo-docs/IR.html
 */
export function write(graph: Graph, { externalData, metadata = {} }: WriteOptions = {}): ModelBytes {
  const store = externalData && new ExternalStore(externalData.path, externalData.threshold ?? 1024);
  const opset = Math.max(graph.opsets[''] ?? 0, neededOpset(graph));
  const parts: Uint8Array[] = [];
  // A message may come in pieces, so the weights can go straight from where they are to where they belong.
  const shell = toBinary(GraphProtoSchema, create(GraphProtoSchema, graphInit({ ...graph, constants: new Map() })));
  parts.push(shell);
  for (const [name, constant] of graph.constants) parts.push(...initializer(name, constant, store));
  const model = toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      irVersion: irVersionOf(opset),
      producerName: 'whylight',
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      opsetImport: Object.entries({ ...graph.opsets, '': opset })
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([domain, version]) => ({ domain, version: BigInt(version) })),
    }),
  );
  const bytes = concatenate([model, header(ModelProtoSchema.field.graph.number, sizeOfParts(parts)), ...parts]);
  return store?.used ? { graph: bytes, external: [store.file()] } : { graph: bytes };
}

/** The bytes of one initializer field of a graph: everything but the content is small. */
function initializer(name: string, constant: Constant, store: ExternalStore | undefined): Uint8Array[] {
  const { bytes } = constant;
  const outside = store !== undefined && bytes.byteLength >= store.threshold;
  const description = toBinary(
    TensorProtoSchema,
    create(TensorProtoSchema, {
      name,
      dims: constant.dims.map(BigInt),
      dataType: elementNumber(constant.dtype),
      ...(outside && { dataLocation: TensorProto_DataLocation.EXTERNAL, externalData: store.position(bytes) }),
    }),
  );
  const content = outside ? [] : [header(TensorProtoSchema.field.rawData.number, bytes.byteLength), bytes];
  const parts = [description, ...content];
  return [header(GraphProtoSchema.field.initializer.number, sizeOfParts(parts)), ...parts];
}

/** Tag and length of a field whose content follows. */
const header = (field: number, length: number): Uint8Array =>
  new BinaryWriter()
    .uint32((field << 3) | 2)
    .uint32(length)
    .finish();

const sizeOfParts = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => sum + part.byteLength, 0);

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(sizeOfParts(parts));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
