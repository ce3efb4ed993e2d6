/** Forests of any size as files, written without a list of objects for each property. */
import { int, string } from '../../../src/core/onnx/attributes.ts';
import { EncodedList, LIST_FIELDS, type ListKind } from '../../../src/core/onnx/encoded-list.ts';
import type { Attribute } from '../../../src/core/onnx/graph.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { graphOf, numbers } from './ensembles.ts';

const utf8 = new TextEncoder();

/** A list as Python's exporters write it: a tag before each entry. */
function encoded(kind: ListKind, length: number, at: (i: number) => number | string): Attribute {
  const bytes: number[] = [];
  const bits = new DataView(new ArrayBuffer(4));
  for (let i = 0; i < length; i++) {
    const value = at(i);
    if (typeof value === 'string') bytes.push((LIST_FIELDS[kind] << 3) | 2, value.length, ...utf8.encode(value));
    else if (kind === 'floats') {
      bits.setFloat32(0, value, true);
      bytes.push((LIST_FIELDS[kind] << 3) | 5, ...new Uint8Array(bits.buffer));
    } else {
      bytes.push(LIST_FIELDS[kind] << 3);
      let rest = value;
      for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
      bytes.push(rest);
    }
  }
  return { type: 'encoded', value: new EncodedList(kind, Uint8Array.from(bytes)) };
}

/** File of a forest of complete trees whose thresholds, columns and weights are drawn. */
export function forestFile(trees: number, depth: number, columns: number): Uint8Array {
  const [size, splits] = [2 ** (depth + 1) - 1, 2 ** depth - 1];
  const leaves = size - splits;
  const draw = numbers(7);
  const isSplit = (i: number): boolean => i % size < splits;
  const ints = (length: number, at: (i: number) => number): Attribute => encoded('ints', length, at);
  const nodes = trees * size;
  const node = {
    name: 'trees',
    op: 'TreeEnsembleRegressor',
    domain: 'ai.onnx.ml',
    inputs: ['x'],
    outputs: ['scores'],
    attributes: {
      n_targets: int(1),
      post_transform: string('NONE'),
      nodes_treeids: ints(nodes, (i) => Math.floor(i / size)),
      nodes_nodeids: ints(nodes, (i) => i % size),
      nodes_featureids: ints(nodes, (i) => (isSplit(i) ? Math.floor(draw() * columns) : 0)),
      nodes_values: encoded('floats', nodes, (i) => (isSplit(i) ? 4 * draw() - 2 : 0)),
      nodes_modes: encoded('strings', nodes, (i) => (isSplit(i) ? 'BRANCH_LEQ' : 'LEAF')),
      nodes_truenodeids: ints(nodes, (i) => (isSplit(i) ? 2 * (i % size) + 1 : 0)),
      nodes_falsenodeids: ints(nodes, (i) => (isSplit(i) ? 2 * (i % size) + 2 : 0)),
      target_treeids: ints(trees * leaves, (i) => Math.floor(i / leaves)),
      target_nodeids: ints(trees * leaves, (i) => splits + (i % leaves)),
      target_ids: ints(trees * leaves, () => 0),
      target_weights: encoded('floats', trees * leaves, () => draw() - 0.5),
    },
  };
  return write(graphOf(node, columns)).graph;
}
