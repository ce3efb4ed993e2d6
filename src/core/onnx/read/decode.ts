/** Bytes of an ONNX file as its messages. */
import { create, fromBinary, mergeFromBinary } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import {
  type AttributeProto,
  AttributeProtoSchema,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
} from 'onnx-buf';
import { WhylightError } from '../../errors.ts';
import { EncodedList, LIST_FIELDS, type ListKind, walkList } from '../encoded-list.ts';
import { invalid } from '../invalid.ts';
import { foreignFile } from './foreign-file.ts';

/** Lists of tree ensembles of at least so many bytes stay encoded. */
const LONG_LIST = 4096;
const OPTIONS = { readUnknownFields: false } as const;

/** Attribute whose list was left as it stands in the file. */
interface EncodedAttribute extends AttributeProto {
  readonly list?: EncodedList;
}

/**
 * Decodes an ONNX file. Weights stay views on `bytes`, and so do the long lists of tree ensembles: {@link encodedList}.
 * @throws WhylightError `invalid_model` for bytes that are no ONNX file, with what they are where that is known
 */
export function decode(bytes: Uint8Array): ModelProto {
  if (bytes.byteLength === 0) return invalid('The file is empty (0 bytes), so it is no ONNX model.');
  try {
    // Views of a plain array: those of Node's Buffer copy and compare differently.
    return decodeModel(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch (cause) {
    throw new WhylightError(
      'invalid_model',
      foreignFile(bytes) ??
        `The ${bytes.byteLength} bytes are not an ONNX model, or the file is damaged or cut off. Compare its size with the original's.`,
      { bytes: bytes.byteLength },
      { cause },
    );
  }
}

/** The list of an attribute that was left encoded; undefined where the message holds it. */
export const encodedList = (proto: AttributeProto): EncodedList | undefined => (proto as EncodedAttribute).list;

function decodeModel(bytes: Uint8Array): ModelProto {
  const model = create(ModelProtoSchema);
  const { graph, node } = { graph: ModelProtoSchema.field.graph.number, node: GraphProtoSchema.field.node.number };
  // Another piece of the graph is merged into the first, as the format has it.
  for (const part of partsOf(bytes, (field) => field === graph && !model.graph)) {
    if (part.taken) model.graph = create(GraphProtoSchema);
    else mergeFromBinary(ModelProtoSchema, model, part.bytes, OPTIONS);
    if (!part.taken || !model.graph) continue;
    for (const inner of partsOf(part.bytes, (field, content) => field === node && isTrees(content))) {
      if (inner.taken) model.graph.node.push(decodeTrees(inner.bytes));
      else mergeFromBinary(GraphProtoSchema, model.graph, inner.bytes, OPTIONS);
    }
  }
  return model;
}

/** Either the content of one field, or a run of other fields with their tags. */
interface Part {
  readonly taken: boolean;
  readonly bytes: Uint8Array;
}

/** Cuts the bytes of a message at the fields that are taken out, in order. */
function* partsOf(bytes: Uint8Array, takes: (field: number, content: Uint8Array) => boolean): Generator<Part> {
  const reader = new BinaryReader(bytes);
  let from = 0;
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [field, wire] = reader.tag();
    if (wire !== WireType.LengthDelimited) {
      reader.skip(wire, field);
      continue;
    }
    const content = reader.bytes();
    if (!takes(field, content)) continue;
    if (start > from) yield { taken: false, bytes: bytes.subarray(from, start) };
    yield { taken: true, bytes: content };
    from = reader.pos;
  }
  if (from < bytes.length) yield { taken: false, bytes: bytes.subarray(from) };
}

/** Tells if the bytes are a node of ai.onnx.ml with a tree ensemble that is worth the effort. */
function isTrees(bytes: Uint8Array): boolean {
  if (bytes.length < LONG_LIST) return false;
  const { opType, domain } = NodeProtoSchema.field;
  const reader = new BinaryReader(bytes);
  let [isEnsemble, isClassic] = [false, false];
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (field === opType.number) isEnsemble = reader.string().startsWith('TreeEnsemble');
    else if (field === domain.number) isClassic = reader.string() === 'ai.onnx.ml';
    else reader.skip(wire, field);
  }
  return isEnsemble && isClassic;
}

function decodeTrees(bytes: Uint8Array): NodeProto {
  const node = create(NodeProtoSchema);
  const { number } = NodeProtoSchema.field.attribute;
  for (const part of partsOf(bytes, (field, { length }) => field === number && length >= LONG_LIST)) {
    if (part.taken) node.attribute.push(decodeAttribute(part.bytes));
    else mergeFromBinary(NodeProtoSchema, node, part.bytes, OPTIONS);
  }
  return node;
}

/** An attribute whose only list stays encoded; one with lists in several places is decoded as any other. */
function decodeAttribute(bytes: Uint8Array): AttributeProto {
  const reader = new BinaryReader(bytes);
  let found: { readonly kind: ListKind; readonly start: number; readonly end: number } | undefined;
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [field, wire] = reader.tag();
    const kind = KINDS.find((one) => LIST_FIELDS[one] === field);
    if (kind && found) return fromBinary(AttributeProtoSchema, bytes, OPTIONS);
    if (kind) {
      found = { kind, start, end: walkList(bytes, start, kind) };
      reader.pos = found.end;
    } else reader.skip(wire, field);
  }
  const { kind, start, end } = found ?? { start: bytes.length, end: bytes.length };
  const proto = fromBinary(AttributeProtoSchema, bytes.subarray(0, start), OPTIONS);
  mergeFromBinary(AttributeProtoSchema, proto, bytes.subarray(end), OPTIONS);
  return kind ? Object.assign(proto, { list: new EncodedList(kind, bytes.subarray(start, end)) }) : proto;
}

const KINDS = Object.keys(LIST_FIELDS) as ListKind[];
