/** Attributes of nodes: reading them with ONNX's default in the call, and making them from plain values. */
import { WhylightError } from '../errors.ts';
import type { EncodedList } from './encoded-list.ts';
import type { Attribute, Constant, Graph, Node } from './graph.ts';

/** Without a default, an attribute that is left out reads as undefined. */
interface Reader<V> {
  /** @throws WhylightError `invalid_model` when the attribute has another type. */
  (node: Node, name: string, otherwise: V): V;
  (node: Node, name: string, otherwise?: V): V | undefined;
}

function reader<V extends Attribute['value']>(kind: Attribute['type']): Reader<V> {
  const read = (node: Node, name: string, otherwise?: V): V | undefined => {
    const attribute = Object.hasOwn(node.attributes, name) ? node.attributes[name] : undefined;
    if (attribute === undefined) return otherwise;
    if (attribute.type === kind) return attribute.value as V;
    if (attribute.type === 'encoded' && attribute.value.kind === kind) return decoded(attribute.value) as V;
    throw new WhylightError(
      'invalid_model',
      `${node.op} "${node.name}": attribute "${name}" is of type ${attribute.type}, expected ${kind}.`,
      { node: node.name, op: node.op, attribute: name },
    );
  };
  return read as Reader<V>;
}

/** A list that the file's bytes still hold, as a plain array. */
const decoded = (list: EncodedList): readonly number[] | readonly string[] =>
  list.kind === 'strings' ? list.texts() : Array.from(list.kind === 'ints' ? list.ints() : list.floats());

/** Beyond 2^53 the nearest number that a double can hold. */
export const intAttribute = reader<number>('int');
export const intsAttribute = reader<readonly number[]>('ints');
export const floatAttribute = reader<number>('float');
export const floatsAttribute = reader<readonly number[]>('floats');
export const stringAttribute = reader<string>('string');
export const stringsAttribute = reader<readonly string[]>('strings');
export const tensorAttribute = reader<Constant>('tensor');
export const graphAttribute = reader<Graph>('graph');

/** Integers of a list, in a typed array where the list is long. */
export function intList(node: Node, name: string): ArrayLike<number> {
  const attribute = node.attributes[name];
  return attribute?.type === 'encoded' && attribute.value.kind === 'ints'
    ? attribute.value.ints()
    : intsAttribute(node, name, []);
}

/** Numbers of a list, in a typed array where the list is long. */
export function floatList(node: Node, name: string): ArrayLike<number> {
  const attribute = node.attributes[name];
  return attribute?.type === 'encoded' && attribute.value.kind === 'floats'
    ? attribute.value.floats()
    : floatsAttribute(node, name, []);
}

export const int = (value: number): Attribute => ({ type: 'int', value });
export const ints = (value: readonly number[]): Attribute => ({ type: 'ints', value });
export const float = (value: number): Attribute => ({ type: 'float', value });
export const floats = (value: readonly number[]): Attribute => ({ type: 'floats', value });
export const string = (value: string): Attribute => ({ type: 'string', value });
export const strings = (value: readonly string[]): Attribute => ({ type: 'strings', value });
export const tensorAttr = (value: Constant): Attribute => ({ type: 'tensor', value });
export const graphAttr = (value: Graph): Attribute => ({ type: 'graph', value });
