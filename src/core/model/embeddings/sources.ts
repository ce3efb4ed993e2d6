/** Sources of gradients behind ids: the floating point tensors that the ids of an input turn into on the way to scores. */
import { producers, valuesRead } from '../../onnx/edit.ts';
import type { Graph } from '../../onnx/graph.ts';
import type { Inferred } from '../../onnx/infer.ts';
import type { SourceInfo, TensorInfo } from '../info.ts';
import { idElements } from './id-elements.ts';
import { type Lookup, type LostLookup, lookupsOf } from './lookups.ts';

/** A tensor that ids turn into; `elements` as in {@link SourceInfo}, absent too while the shape of a row is open. */
interface Embedding extends Pick<SourceInfo, 'elements'> {
  readonly tensor: string;
}

interface Embeddings {
  /** In the order of the graph. None of them lies behind another one. */
  readonly embeddings: readonly Embedding[];
  readonly lost: readonly LostLookup[];
  /** The elements of the input count by themselves, too, where they have a derivative. */
  readonly isNumbers: boolean;
}

export interface Sources {
  readonly sources: readonly SourceInfo[];
  readonly lost: readonly LostTable[];
}

/** A table on the way to the scores that no source stands for: its ids are not traced to elements of the input. */
export interface LostTable {
  readonly input: string;
  readonly table: string;
}

/** True if the ids of the input are looked up in a table. */
export const isLookedUp = (graph: Graph, input: string): boolean =>
  lookupsOf(graph, input).found.some(({ table }) => table !== undefined);

/**
 * The sources of gradients of all explained inputs: floating point inputs themselves, unless they hold nothing but ids,
 * and the embeddings of ids.
 * @param graph with the shapes of the request, where there is one
 * @param tensor describes an inner tensor
 */
export function sourcesOf(
  graph: Graph,
  inputs: readonly TensorInfo[],
  scores: string,
  values: ReadonlyMap<string, Inferred>,
  tensor: (name: string) => TensorInfo,
): Sources {
  const found = inputs.map((input): Sources => {
    const { embeddings, lost, isNumbers } = embeddingsOf(graph, input.name, scores, values);
    const own = { ...input, input: input.name };
    const looked = embeddings.map(({ tensor: name, elements }) => ({
      ...tensor(name),
      input: input.name,
      ...(elements && { elements }),
    }));
    return {
      sources: isNumbers && input.dtype.startsWith('float') ? [own, ...looked] : looked,
      lost: lost.map(({ table }) => ({ input: input.name, table })),
    };
  });
  return { sources: together(found.flatMap(({ sources }) => sources)), lost: found.flatMap(({ lost }) => lost) };
}

/** Each tensor once: what several inputs are looked up in together belongs to all of them. */
function together(sources: readonly SourceInfo[]): SourceInfo[] {
  const byName = new Map<string, SourceInfo>();
  for (const source of sources) {
    const { name, input, elements = [] } = source;
    const known = byName.get(name);
    if (known) {
      const before = known.elements ?? [];
      const shared = { ...(known.shared ?? { [known.input]: before }), [input]: elements };
      byName.set(name, { ...known, elements: elements.map((own, i) => (own < 0 ? (before[i] ?? -1) : own)), shared });
    } else {
      byName.set(name, source);
    }
  }
  return [...byName.values()];
}

/**
 * The embeddings of an input that scores are computed from. Of a chain of them the last one counts: what is looked up
 * in codes, and then scaled, is one embedding.
 */
function embeddingsOf(graph: Graph, input: string, scores: string, values: ReadonlyMap<string, Inferred>): Embeddings {
  const { found, lost, moved } = lookupsOf(graph, input, values);
  if (found.length === 0) return { embeddings: [], lost: [], isNumbers: true };
  const ends = new Set([input, ...[...found, ...lost].map(({ tensor }) => tensor)]);
  const reached = reachedFrom(graph, scores, ends, values);
  const isNumbers = reached.has(input);
  const used = [...new Map(found.map((one) => [one.tensor, one])).values()].filter(({ tensor }) => reached.has(tensor));
  // Scores that no lookup leads to: their derivative is zero.
  const kept = used.length > 0 || isNumbers ? used : found.slice(0, 1);
  const isOpen = !graph.inputs
    .find(({ name }) => name === input)
    ?.dims?.slice(1)
    .every((dim) => typeof dim === 'number');
  const asked = kept.filter(({ ids, axis }) => moved.has(ids) || axis > 0).map(({ ids }) => ids);
  const elements = isOpen || asked.length === 0 ? undefined : idElements(graph, input, asked);
  const placed = kept.map((one): Embedding | LostLookup => {
    if (!elements || !asked.includes(one.ids)) return { tensor: one.tensor };
    const own = elements.get(one.ids);
    return own
      ? { tensor: one.tensor, elements: inFront(own, graph, one) }
      : { tensor: one.tensor, table: one.table ?? one.ids };
  });
  return {
    embeddings: placed.filter((one): one is Embedding => !('table' in one)),
    isNumbers,
    lost: [...placed.filter((one) => 'table' in one), ...lost.filter(({ tensor }) => reached.has(tensor))],
  };
}

/** Axes of the table in front of the ids come first in what is looked up: each of their entries holds all ids. */
function inFront(elements: readonly number[], graph: Graph, { table = '', axis }: Lookup): readonly number[] {
  const dims = graph.constants.get(table)?.dims.slice(0, axis) ?? [];
  const times = dims.reduce((size, dim) => size * dim, 1);
  return Array.from({ length: times }, () => elements).flat();
}

/** Those of the tensors that scores have a derivative for, and that do not lie behind another one. */
function reachedFrom(
  graph: Graph,
  scores: string,
  ends: ReadonlySet<string>,
  values: ReadonlyMap<string, Inferred>,
): ReadonlySet<string> {
  const makers = producers(graph);
  const reached = new Set<string>();
  const seen = new Set([scores]);
  const waiting = [scores];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (ends.has(name)) {
      reached.add(name);
      continue;
    }
    const maker = makers.get(name);
    for (const input of maker ? valuesRead(maker) : []) {
      const dtype = values.get(input)?.dtype;
      if (seen.has(input) || (dtype !== undefined && !dtype.includes('float'))) continue;
      seen.add(input);
      waiting.push(input);
    }
  }
  return reached;
}
