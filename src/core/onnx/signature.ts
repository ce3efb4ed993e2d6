/** Keys of nodes that compute the same. */
import type { Node } from './graph.ts';

/** Operators that give something else each time they run. */
const RANDOM = /^(Random|Bernoulli|Multinomial)/;

/** Key that is equal for nodes that compute the same; undefined for nodes that are never shared. */
export function signature(node: Node, outputs: number): string | undefined {
  const attributes = Object.entries(node.attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  if (RANDOM.test(node.op) || attributes.some(([, { type }]) => type === 'graph' || type === 'tensor'))
    return undefined;
  const text = attributes.map(([key, { type, value }]) => `${key}:${type}=${value}`).join(';');
  return `${node.domain}:${node.op}(${node.inputs.join('|')})>${outputs}{${text}}`;
}
