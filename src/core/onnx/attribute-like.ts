/** Attributes of nodes in short form, as code writes them. */
import type { Attribute } from './graph.ts';

/** Numbers are ints, arrays are ints, texts are strings; what else is meant says so with `float(0.5)` and its kin. */
export type AttributeLike = number | readonly number[] | string | Attribute;
export type AttributesLike = Readonly<Record<string, AttributeLike | undefined>>;

/** Converts attributes in short form; those that are undefined are left out. */
export const toAttributes = (attributes: AttributesLike): Readonly<Record<string, Attribute>> =>
  Object.fromEntries(
    Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [[key, toAttribute(value)]])),
  );

/** Converts the short form to an attribute. */
function toAttribute(value: AttributeLike): Attribute {
  if (typeof value === 'number') return { type: 'int', value };
  if (typeof value === 'string') return { type: 'string', value };
  return Array.isArray(value) ? { type: 'ints', value } : (value as Attribute);
}
