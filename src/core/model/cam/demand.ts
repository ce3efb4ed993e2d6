/**
 * Follows back what the scores of a model depend on: of tokens with a class token in front, all of them or the class
 * token alone.
 */
import { intAttribute, intsAttribute } from '../../onnx/attributes.ts';
import type { Graph, Node } from '../../onnx/graph.ts';
import { type Axis, isPlaced, type Places } from './factors.ts';
import { contentOf, type PlacesByName, type Values } from './places.ts';

/** `all`: of every element; `head`: of the tokens in front of the places alone. */
export type Demand = 'all' | 'head';

/** Demand of every tensor that the scores depend on. */
export function demandOf(
  { nodes }: Pick<Graph, 'nodes'>,
  values: Values,
  places: PlacesByName,
  scores: string,
): ReadonlyMap<string, Demand> {
  const demand = new Map<string, Demand>([[scores, 'all']]);
  const ask = (name: string, what: Demand | undefined): void => {
    if (name !== '' && what && demand.get(name) !== 'all') demand.set(name, what);
  };
  for (const node of nodes.toReversed()) {
    const asked = node.outputs.map((name) => demand.get(name));
    const own = asked.includes('all') ? 'all' : asked.find((each) => each !== undefined);
    if (!own) continue;
    const take = { node, values, places };
    for (const [i, name] of node.inputs.entries())
      ask(name, own === 'head' ? ofHead(take, i) : takesHead(take, i) ? 'head' : 'all');
  }
  return demand;
}

interface Context {
  readonly node: Node;
  readonly values: Values;
  readonly places: PlacesByName;
}

const tokenAxis = (places: Places | undefined): number => places?.axes.findIndex(isTokens) ?? -1;

const isTokens = (axis: Axis): boolean => axis.some(({ kind }) => kind === 'tokens');

/** True where a node takes the class token alone out of tokens. */
function takesHead({ node, values, places }: Context, input: number): boolean {
  const own = places.get(node.inputs[input] ?? '');
  const axis = tokenAxis(own);
  if (!own || axis < 0 || input !== 0) return false;
  const prefix = own.axes[axis]?.[0]?.prefix ?? 0;
  const [, second, third, fourth] = node.inputs.map((name) => contentOf(values, name));
  if (node.op === 'Gather') {
    const stated = intAttribute(node, 'axis', 0);
    return (
      (stated < 0 ? stated + own.axes.length : stated) === axis &&
      (second?.every((at) => at >= 0 && at < prefix) ?? false)
    );
  }
  if (node.op !== 'Slice') return false;
  const along = (fourth ?? third?.map((_, i) => i) ?? []).indexOf(axis);
  const [start, end] = [second?.[along] ?? -1, third?.[along] ?? -1];
  return along >= 0 && start >= 0 && end >= 0 && end <= prefix;
}

/** Demand on an input of a node of whose output the class token alone is asked for. */
function ofHead({ node, places }: Context, input: number): Demand | undefined {
  const own = places.get(node.inputs[input] ?? '');
  const axis = tokenAxis(own);
  if (node.op === 'Concat' || (node.op === 'Pad' && input === 0)) {
    const output = places.get(node.outputs[0] ?? '');
    const joined = tokenAxis(output);
    const stated = intAttribute(node, 'axis', 0);
    const along = stated < 0 ? stated + (output?.axes.length ?? 0) : stated;
    const isAlong = node.op === 'Pad' || along === joined;
    // Places that come behind the class token have no part in it.
    if (isAlong && axis < 0 && own && isPlaced(own.axes[joined])) return undefined;
  }
  if (axis < 0) return 'all';
  if (node.op === 'MatMul' && input === 1) return 'all';
  if (node.op === 'Softmax') {
    const stated = intAttribute(node, 'axis', -1);
    const along = stated < 0 ? stated + (own?.axes.length ?? 0) : stated;
    // Probabilities over the keys, for each query.
    return along === axis ? 'all' : 'head';
  }
  if (node.op.startsWith('Reduce')) return intsAttribute(node, 'axes', []).includes(axis) ? 'all' : 'head';
  return POSITIONWISE.has(node.op) ? 'head' : 'all';
}

/** Operators of which each position is computed from the same position. */
const POSITIONWISE = new Set(
  (
    'Add Sub Mul Div Pow Sqrt Erf Tanh Sigmoid Relu Gelu Exp Neg Where Cast Identity Dropout Clip LeakyRelu HardSwish ' +
    'HardSigmoid Elu Softplus MatMul Concat Pad Transpose Reshape Squeeze Unsqueeze Slice Split Gather LayerNormalization ' +
    'RMSNormalization SimplifiedLayerNormalization SkipLayerNormalization FastGelu QuickGelu Min Max'
  ).split(' '),
);
