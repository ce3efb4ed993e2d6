/** Graphs of a prepared model, in place of a compiler and a store. */
import { WhylightError } from '../errors.ts';
import type { PreparedFacts, PreparedWeights } from '../model/prepared-model.ts';
import type { GraphCompiler } from './graph-compiler.ts';
import type { GraphStore, StoredGraph } from './stored-graph.ts';
import type { Work } from './work-time.ts';

/** Graphs that were compiled ahead. */
export interface PreparedGraphs {
  /** Ids of the methods that they were compiled for. */
  readonly methods: readonly string[];
  /** Graphs by the name that a store knows them by. */
  readonly graphs: Readonly<Record<string, StoredGraph>>;
  /** Floating point operations of one row of the model itself. */
  readonly rowFlops: number;
  /** Work of one row of the model itself. */
  readonly rowWork: Work;
}

/** Version of the form of a prepared model. */
export const PREPARED_FORMAT = 1;

/** A prepared model: facts, weights and graphs, as data that `pack` of the protocol writes. */
export interface Prepared extends PreparedGraphs {
  readonly format: typeof PREPARED_FORMAT;
  readonly facts: PreparedFacts;
  readonly weights: PreparedWeights;
}

/** Makes the compiler of a prepared model, which has nothing to compile from. */
export const preparedCompiler = ({ methods, rowFlops, rowWork }: PreparedGraphs): GraphCompiler => ({
  compile() {
    throw new WhylightError(
      'unprocessable_method',
      `The model was prepared for ${methods.join(', ') || 'no method'}, and without the graph that this method and these parameters need: prepare it with them (whylight export prepared).`,
      { prepared: methods },
    );
  },
  rowFlops: () => rowFlops,
  rowWork: () => rowWork,
  readModel() {
    throw new WhylightError('unprocessable_method', 'A method with models of its own cannot run without the compiler.');
  },
  isStorable: () => true,
});

/** Makes a store that holds the prepared graphs and takes no others. */
export const preparedStore = ({ graphs }: PreparedGraphs): GraphStore => ({
  get: async (key) => (Object.hasOwn(graphs, key) ? graphs[key] : undefined),
  put: async () => {},
});
