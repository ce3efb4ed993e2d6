/** Number of node runs that the loops of an uploaded model state: nothing can stop an engine within a run. */
import { constantValues } from '../../core/onnx/constant.ts';
import { subgraphs } from '../../core/onnx/edit.ts';
import type { Constant, Graph, Node } from '../../core/onnx/graph.ts';

/** Trip counts from here on mean that the condition decides, as exporters write a `while`. */
const NO_COUNT = 2 ** 31;

/** Constants that a graph sees: its own, then those of the graphs around it. */
type Scope = readonly ReadonlyMap<string, Constant>[];

/**
 * Counts the runs of nodes in one run of a graph. A loop whose number of iterations depends on data counts once.
 * @returns Infinity for a loop without a count whose condition is always true
 */
export function nodeRuns(graph: Graph, around: Scope = []): number {
  const scope = [graph.constants, ...around];
  let runs = 0;
  for (const node of graph.nodes) {
    const inside = subgraphs(node).reduce((sum, inner) => sum + nodeRuns(inner, scope), 0);
    runs += 1 + (node.op === 'Loop' && inside > 0 ? iterations(node, scope) * inside : inside);
  }
  return runs;
}

/**
 * Finds a loop, in a graph or those inside of it, whose number of iterations nothing but the data bound.
 * @returns its name, or else that of its first output; undefined where there is none
 */
export function unboundedLoop(graph: Graph, around: Scope = []): string | undefined {
  const scope = [graph.constants, ...around];
  for (const node of graph.nodes) {
    if (node.op === 'Loop' && !isBounded(node, scope)) return node.name || node.outputs.find((name) => name !== '');
    for (const inner of subgraphs(node)) {
      const found = unboundedLoop(inner, scope);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function isBounded({ inputs: [count = ''] }: Node, scope: Scope): boolean {
  return (numberOf(count, scope) ?? NO_COUNT) < NO_COUNT;
}

function iterations(node: Node, scope: Scope): number {
  const [count = '', condition = ''] = node.inputs;
  const stated = count === '' ? NO_COUNT : numberOf(count, scope);
  if (stated === undefined) return 1;
  if (stated < NO_COUNT) return Math.max(0, stated);
  const { body } = node.attributes;
  return body?.type === 'graph' && isEndless(body.value, condition, scope) ? Infinity : 1;
}

/** True if the condition that the body returns is a constant true, or the one that it was given. */
function isEndless(body: Graph, condition: string, scope: Scope): boolean {
  const own = body.inputs[1]?.name;
  let name = body.outputs[0]?.name ?? '';
  for (let step = 0; step < body.nodes.length; step++) {
    const maker = body.nodes.find(({ outputs }) => outputs.includes(name));
    if (maker?.op !== 'Identity') break;
    name = maker.inputs[0] ?? '';
  }
  if (name === own) return condition === '' || numberOf(condition, scope) === 1;
  return numberOf(name, [body.constants, ...scope]) === 1;
}

/** First number of a constant; undefined for a value that is none. */
function numberOf(name: string, scope: Scope): number | undefined {
  const constant = scope.find((one) => one.has(name))?.get(name);
  const value = constant && constantValues(constant)[0];
  return value === undefined ? undefined : Number(value);
}
