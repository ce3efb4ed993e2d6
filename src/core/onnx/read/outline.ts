/** Numbers of messages in an ONNX file, counted without decoding it: they bound the objects that decoding makes. */
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';

/** Counts of an ONNX file. */
export interface FileOutline {
  /** Nodes, those of nested graphs and of functions among them. */
  nodes: number;
  /** Nodes and everything that becomes an object beside them: attributes, tensors, and the names of inputs and outputs. */
  messages: number;
  /** Number of graphs inside each other. */
  depth: number;
}

type Message = 'model' | 'function' | 'graph' | 'node' | 'attribute' | 'leaf';

/** Messages inside each message, by the number of the field. */
const FIELDS: Readonly<Record<Message, Readonly<Record<number, Message>>>> = {
  model: { 7: 'graph', 8: 'leaf', 14: 'leaf', 25: 'function' },
  function: { 4: 'leaf', 5: 'leaf', 6: 'leaf', 7: 'node', 9: 'leaf', 11: 'attribute', 12: 'leaf' },
  graph: { 1: 'node', 5: 'leaf', 11: 'leaf', 12: 'leaf', 13: 'leaf', 14: 'leaf', 15: 'leaf', 16: 'leaf' },
  node: { 1: 'leaf', 2: 'leaf', 5: 'attribute', 9: 'leaf' },
  attribute: { 5: 'leaf', 6: 'graph', 10: 'leaf', 11: 'graph', 22: 'leaf', 23: 'leaf' },
  leaf: {},
};

/**
 * Counts the messages of an ONNX file. Long lists of numbers and strings are skipped.
 * @param limits counts at which it ends: what it returns exceeds one of them by one then
 * @returns counts up to the first damaged byte; decoding reports that
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
export function outlineOf(bytes: Uint8Array, limits: FileOutline): FileOutline {
  const found: FileOutline = { nodes: 0, messages: 0, depth: 0 };
  const isOver = () => found.nodes > limits.nodes || found.messages > limits.messages || found.depth > limits.depth;
  const reader = new BinaryReader(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const walk = (message: Message, end: number, depth: number): void => {
    if (message === 'node') found.nodes += 1;
    if (message === 'graph') found.depth = Math.max(found.depth, depth);
    found.messages += 1;
    const inside = FIELDS[message];
    while (reader.pos < end && !isOver()) {
      const [field, wire] = reader.tag();
      const inner = wire === WireType.LengthDelimited ? inside[field] : undefined;
      if (inner === undefined) {
        reader.skip(wire, field);
        continue;
      }
      const innerEnd = reader.uint32() + reader.pos;
      if (innerEnd > end) throw new RangeError('A message ends after the one that it is in.');
      if (inner === 'leaf') found.messages += 1;
      else walk(inner, innerEnd, inner === 'graph' ? depth + 1 : depth);
      reader.pos = innerEnd;
    }
  };
  try {
    walk('model', reader.len, 0);
  } catch {
    return found;
  }
  return found;
}
