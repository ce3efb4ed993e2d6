import type { Node } from './graph.ts';
import type { Inferred, Inputs } from './infer/rule.ts';

export function propagate(_node: Node, _inputs: Inputs, types: Inferred[]): Inferred[] {
  return types;
}
