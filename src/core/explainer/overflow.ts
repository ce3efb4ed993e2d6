/** Numbers inside a model that float16 cannot hold. Models in float16 run in float32 here, and in float16 elsewhere. */
import { WhylightError } from '../errors.ts';
import type { BoundInfo, Model } from '../model/model.ts';
import type { Node } from '../onnx/graph.ts';

/** Largest number of float16. */
export const MAX_HALF = 65504;
/** Tensors that one search looks at, evenly spread over the graph. */
const MAX_TENSORS = 48;

/**
 * Operators that make a finite number of infinity. What overflows before them leaves no trace in the scores; anything
 * else passes infinity on.
 */
const HIDES: ReadonlySet<string> = new Set([
  ...['Clip', 'Min', 'Max', 'Relu', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Tanh', 'Erf', 'Softmax', 'LogSoftmax'],
  ...['Div', 'Reciprocal', 'Less', 'Greater', 'ArgMax', 'TopK', 'ReduceMin', 'ReduceMax', 'MaxPool'],
]);
/** Operators that masks of minus infinity are meant for. */
const TAKES_MASKS: ReadonlySet<string> = new Set(['Softmax', 'LogSoftmax', 'Max', 'ReduceMax', 'MaxPool']);

export interface Checked {
  readonly tensor: string;
  /** Minus infinity is a mask there. */
  readonly masked: boolean;
}

/** A model, and what is known of it for one request. */
interface Described {
  readonly model: Model;
  readonly info: BoundInfo;
}

/** By the nodes of a graph; the scores differ from request to request. */
const known = new WeakMap<readonly Node[], ReadonlyMap<string, boolean>>();

/**
 * The tensors in front of operators that hide an overflow, and the scores, of a model whose file computes in float16; none
 * of other models.
 */
export function halvesInside({ model, info }: Described): readonly Checked[] {
  if (!model.graph.computesHalf) return [];
  const { nodes } = model.graph;
  const masked = new Map(known.get(nodes) ?? hidersIn(model.graph, info));
  known.set(nodes, new Map(masked));
  masked.set(info.scores.name, false);
  return spread([...masked].map(([tensor, takesMasks]) => ({ tensor, masked: takesMasks })));
}

/** Float32 tensors in front of operators that hide an overflow, with whether masks may come there. */
function hidersIn({ nodes, constants }: Model['graph'], info: BoundInfo): Map<string, boolean> {
  const masked = new Map<string, boolean>();
  for (const { op, inputs } of nodes) {
    if (!HIDES.has(op)) continue;
    for (const name of inputs) {
      if (name === '' || constants.has(name) || dtypeOf(info, name) !== 'float32') continue;
      masked.set(name, (masked.get(name) ?? false) || TAKES_MASKS.has(op));
    }
  }
  return masked;
}

/** Element type of a tensor; undefined where nothing is known of it. */
export function dtypeOf(info: BoundInfo, name: string): string | undefined {
  try {
    return info.tensor(name).dtype;
  } catch (error) {
    if (WhylightError.is(error)) return undefined;
    throw error;
  }
}

/** At most {@link MAX_TENSORS} of them, evenly spread, the last one among them. */
export const spread = <T>(all: readonly T[]): readonly T[] => {
  const step = Math.max(1, Math.ceil(all.length / MAX_TENSORS));
  return all.filter((_, i) => (all.length - 1 - i) % step === 0);
};

/** Sentence on a tensor that float16 cannot hold. */
export const overflowSentence = (tensor: string): string =>
  `The file is in float16, and "${tensor}" goes beyond 65504, the largest number of float16: this run computed it in float32, but it is infinity in engines that compute in float16. Export the model in float32.`;
