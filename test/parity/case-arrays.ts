/** Arrays of a case at the shapes that our methods take: baselines, feature masks and windows. */
import { broadcasts, broadcastTo } from '../../src/core/tensor/broadcast.ts';
import { float32, sizeOf } from '../../src/core/tensor/tensor.ts';
import type { ArrayText } from './array-text.ts';
import type { Expected } from './comparison.ts';
import type { GraphText } from './graph-text.ts';

export interface Case {
  readonly id: string;
  readonly method: string;
  readonly model: string;
  /** By input name; a vector names its model's own input instead. */
  readonly inputs?: Readonly<Record<string, ArrayText>>;
  readonly extra_inputs?: Readonly<Record<string, ArrayText>>;
  readonly expected?: Readonly<Record<string, ArrayText>>;
  readonly tolerance: { readonly value: number; readonly mode: string };
  readonly target?: number | 'sum' | null;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly baselines?: Readonly<Record<string, number | ArrayText>>;
  readonly layer?: string;
  readonly neuron?: number;
  readonly attr_dim_summation?: boolean;
  readonly layer_baselines?: number | ArrayText;
  readonly layer_mask?: ArrayText;
  readonly attribute_to_layer_input?: boolean;
  /** By input name. */
  readonly feature_mask?: Readonly<Record<string, ArrayText>>;
  readonly convergence_delta?: { readonly tolerance?: number };
}

type Arrays = Readonly<Record<string, ArrayText>>;

interface WithGraph {
  readonly graph: GraphText;
}

/** The array at a larger shape; as it is where it does not broadcast. */
function spread({ shape, data }: ArrayText, wanted: readonly number[]): ArrayText {
  if (!broadcasts(shape, wanted)) return { shape, data };
  return { shape: wanted, data: Array.from(broadcastTo(float32(shape, data), wanted).data) };
}

/** The number that every input and element has as baseline; undefined when there is no such number. */
export function baselineOf({ baselines = {}, params = {} }: Case): number | undefined {
  const values = new Set(Object.values(baselines).flatMap((it) => (typeof it === 'number' ? [it] : it.data)));
  if (values.size === 1) return [...values][0];
  return typeof params.baseline === 'number' ? params.baseline : undefined;
}

/**
 * Baselines that are numbers of their own for each input or element, by input name. An input that is not attributed is
 * held fixed: it is its own baseline.
 */
export function baselineArrays(
  { baselines = {}, params = {}, extra_inputs = {} }: Case,
  inputs: Readonly<Record<string, ArrayText>>,
): Record<string, ArrayText> {
  const own = params.baseline as ArrayText | number | undefined;
  const given =
    typeof own === 'object'
      ? Object.fromEntries(Object.keys(inputs).map((name) => [name, own]))
      : { ...extra_inputs, ...baselines };
  return Object.fromEntries(
    Object.entries(given).map(([name, it]) => {
      const { shape = [], data = [] } = inputs[name] ?? {};
      if (typeof it === 'number') return [name, { shape, data: data.map(() => it) }];
      // One for every example may come without the batch.
      return [name, it.shape.length < shape.length ? { ...it, shape: [1, ...it.shape] } : it];
    }),
  );
}

/** The list of an array for one row of the layer, which has the shape of what is expected; a number as it is. */
export function ofLayer<T extends number | undefined>(
  { expected = {} }: Case,
  given: T | ArrayText,
): T | readonly number[] {
  if (typeof given !== 'object') return given;
  const { shape = [] } = Object.values(expected)[0] ?? {};
  return spread(given, [1, ...shape.slice(1)]).data;
}

/**
 * Windows as one list for all inputs of the graph, one after the other; an input without a window is covered whole. One
 * number holds for every axis of an input.
 */
export function windowsOf(
  { params = {}, inputs = {} }: Case,
  { graph }: WithGraph,
  listKey: string,
  plainKey: string,
): readonly number[] | undefined {
  const given = params[listKey] as number | readonly (number | readonly number[])[] | undefined;
  if (given === undefined) return params[plainKey] as readonly number[] | undefined;
  const names = Object.keys(inputs);
  return graph.inputs.flatMap(({ name, shape }) => {
    const own = typeof given === 'number' ? given : given[names.indexOf(name)];
    if (typeof own === 'object') return own;
    return shape.slice(1).map((dim) => own ?? Number(dim));
  });
}

/** The masks of a case in the order of the graph's inputs, a number for each element; none when it has none. */
export function featureMasks(
  { feature_mask, params = {} }: Case,
  { graph }: WithGraph,
  inputs: Arrays,
): readonly ArrayText[] {
  const own = params.feature_mask as ArrayText | undefined;
  if (own) return [own];
  if (!feature_mask) return [];
  return graph.inputs.map(({ name }) => {
    const { shape } = inputs[name] as ArrayText;
    const mask = feature_mask[name] as ArrayText;
    return spread(mask, [mask.shape.length === shape.length ? (mask.shape[0] ?? 1) : 1, ...shape.slice(1)]);
  });
}

export function exampleOf({ shape, data }: ArrayText, i: number): Expected {
  const size = sizeOf(shape.slice(1));
  return { dims: [1, ...shape.slice(1)], data: Float32Array.from(data.slice(i * size, (i + 1) * size)) };
}
