/** Facts about the columns of a table that the encoders, imputers and trees of a graph tell. */
import { WhylightError } from '../errors.ts';
import { intList } from '../onnx/attributes.ts';
import type { Graph, Node } from '../onnx/graph.ts';
import { isTreeEnsemble } from '../trees/read.ts';
import { type Trace, traceColumns } from './trace.ts';

/** Facts of a graph about one column. */
export interface ColumnFact {
  /** Categories that an encoder knows, as people write them. */
  readonly categories?: readonly (string | number)[];
  /** Number that the input takes for each category. */
  readonly codes?: readonly number[];
  /** An encoder has an answer to categories that it does not know. */
  readonly unknownAllowed?: boolean;
  /** Missing values (NaN) are filled in, or treated by the model. */
  readonly missingAllowed?: boolean;
}

type Facts = ReadonlyMap<string, readonly ColumnFact[]>;

const known = new WeakMap<Graph, Facts>();

/**
 * Facts of the columns of each input, one for each element of a row. An input that no operator of ai.onnx.ml tells
 * anything about is left out.
 */
export function columnFacts(graph: Graph): Facts {
  const found = known.get(graph) ?? readFacts(graph);
  known.set(graph, found);
  return found;
}

function readFacts(graph: Graph): Facts {
  const facts = new Map<string, ColumnFact[]>();
  if (!graph.nodes.some(({ domain }) => domain === 'ai.onnx.ml')) return facts;
  const trace = traceColumns(graph);
  const gaps = columnsWithGaps(graph, trace);
  for (const [i, { input, categories, unknownAllowed, imputed }] of trace.sources.entries()) {
    const columns = facts.get(input) ?? [];
    facts.set(input, columns);
    const codes = categories?.filter((category) => typeof category === 'number');
    const words = graph.inputs.find(({ name }) => name === input)?.words?.words;
    columns.push({
      ...(categories && { categories: words ? categories.map((code) => words[Number(code)] ?? code) : categories }),
      ...(codes && codes.length > 0 && { codes }),
      ...(unknownAllowed && { unknownAllowed }),
      ...((imputed || gaps.has(i)) && { missingAllowed: true }),
    });
  }
  for (const [input, columns] of facts) if (columns.every((one) => Object.keys(one).length === 0)) facts.delete(input);
  return facts;
}

/** Source columns that reach trees which were exported with a way for missing values. */
function columnsWithGaps(graph: Graph, { columns }: Trace): ReadonlySet<number> {
  const found = new Set<number>();
  for (const node of graph.nodes) {
    const [matrix] = node.inputs;
    const tracks = isTreeEnsemble(node) && hasGapTracks(node);
    if (!tracks || matrix === undefined) continue;
    const origins = columnsOrNone(() => columns(matrix).origins);
    for (const { sources } of origins) if (sources.length === 1) found.add(sources[0] as number);
  }
  return found;
}

/** True if a missing value goes the way of the test's true side somewhere. */
function hasGapTracks(node: Node): boolean {
  const tracks = intList(node, 'nodes_missing_value_tracks_true');
  for (let i = 0; i < tracks.length; i++) if (tracks[i] === 1) return true;
  return false;
}

/** Nothing is told of columns that cannot be followed. */
function columnsOrNone<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read();
  } catch (error) {
    if (WhylightError.is(error, 'unprocessable_method')) return [];
    throw error;
  }
}
