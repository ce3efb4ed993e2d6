/** Attributes of nodes: reading them with ONNX's default in the call, and making them from plain values. */
import { WhylightError } from '../errors.ts';
import type { Attribute, Constant, Graph, Node } from './graph.ts';

type Kind = Attribute['type'];
type ValueOf<K extends Kind> = Extract<Attribute, { type: K }>['value'];

/** Without a default, an attribute that is left out reads as undefined. */
interface Reader<K extends Kind> {
  /** @throws WhylightError `invalid_model` when the attribute has another type. */
  (node: Node, name: string, otherwise: ValueOf<K>): ValueOf<K>;
  (node: Node, name: string, otherwise?: ValueOf<K>): ValueOf<K> | undefined;
}

function reader<K extends Kind>(kind: K): Reader<K> {
  const read = (node: Node, name: string, otherwise?: ValueOf<K>): ValueOf<K> | undefined => {
    const attribute = Object.hasOwn(node.attributes, name) ? node.attributes[name] : undefined;
    if (attribute === undefined) return otherwise;
    if (attribute.type === kind) return attribute.value as ValueOf<K>;
    throw new WhylightError(
      'invalid_model',
      `${node.op} "${node.name}": attribute "${name}" is of type ${attribute.type}, expected ${kind}.`,
      { node: node.name, op: node.op, attribute: name },
    );
  };
  return read as Reader<K>;
}

/** Beyond 2^53 the nearest number that a double can hold. */
export const intAttribute = reader('int');
export const intsAttribute = reader('ints');
export const floatAttribute = reader('float');
export const floatsAttribute = reader('floats');
export const stringAttribute = reader('string');
export const stringsAttribute = reader('strings');
export const tensorAttribute = reader('tensor');
export const graphAttribute = reader('graph');

export const int = (value: number): Attribute => ({ type: 'int', value });
export const ints = (value: readonly number[]): Attribute => ({ type: 'ints', value });
export const float = (value: number): Attribute => ({ type: 'float', value });
export const floats = (value: readonly number[]): Attribute => ({ type: 'floats', value });
export const string = (value: string): Attribute => ({ type: 'string', value });
export const strings = (value: readonly string[]): Attribute => ({ type: 'strings', value });
export const tensorAttr = (value: Constant): Attribute => ({ type: 'tensor', value });
export const graphAttr = (value: Graph): Attribute => ({ type: 'graph', value });
