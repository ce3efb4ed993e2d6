/**
 * Large tree ensembles beside the engine, from arrays of 30 bytes a node: in its linear memory, onnxruntime-web 1.30 takes
 * about 450 bytes a node.
 */

import type { Engine, RunOptions, Session, Tensors } from '../engine/engine.ts';
import { sessionMemory } from '../engine/session-cache.ts';
import { WhylightError } from '../errors.ts';
import type { Graph } from '../onnx/graph.ts';
import type { ModelBytes } from '../onnx/model-bytes.ts';
import { write } from '../onnx/write.ts';
import { float32, type Tensor } from '../tensor/tensor.ts';
import { ensembleBytes, type TreeEnsemble } from '../trees/ensemble.ts';
import { outputsOf, toPrecision } from '../trees/evaluate.ts';
import { isTreeEnsemble, readEnsemble } from '../trees/read.ts';
import type { PartialSession } from './graph-compiler.ts';
import { splitAtTrees } from './split-trees.ts';

/** Bytes of nodes with trees from which the trees run beside the engine. */
const LARGE = 2 ** 20;

/**
 * Takes large tree ensembles out of a graph for an engine that is short of memory. Scores are onnxruntime's to the
 * rounding of float32.
 * @param least bytes of lists from which tree ensembles count as large
 * @returns undefined for a graph that the engine takes as a whole
 */
export function treesBeside(engine: Engine, graph: Graph, least = LARGE): PartialSession | undefined {
  const split = engine.treesBeside && listBytes(graph) >= least ? splitAtTrees(graph) : undefined;
  if (!split) return undefined;
  const trees = split.steps.map(({ node, input, output }) => ({ input, output, ensemble: readEnsemble(node) }));
  const [before, behind] = [split.before, split.behind].map((part) => part && fileOf(part)) as FilesAround;
  const arrays = trees.reduce((sum, { ensemble }) => sum + ensembleBytes(ensemble), 0);
  const around = [before, behind].reduce((sum, part) => sum + (part ? sessionMemory(part.file) : 0), 0);
  const load = async (part: FileAround | undefined): Promise<Part | undefined> =>
    part && { inputs: part.inputs, session: await engine.load(part.file) };
  return {
    memory: arrays + around,
    load: async () =>
      new LargeTreesSession({
        outputs: graph.outputs.map(({ name }) => name),
        before: await load(before),
        trees,
        behind: await load(behind),
      }),
  };
}

/** Bytes of the lists of tree ensembles that stayed encoded. */
function listBytes({ nodes }: Graph): number {
  const lists = nodes.filter(isTreeEnsemble).flatMap(({ attributes }) => Object.values(attributes));
  return lists.reduce((sum, { type, value }) => sum + (type === 'encoded' ? value.bytes.byteLength : 0), 0);
}

interface FileAround {
  readonly inputs: readonly string[];
  readonly file: ModelBytes;
}

type FilesAround = [FileAround | undefined, FileAround | undefined];

const fileOf = (part: Graph): FileAround => ({
  inputs: part.inputs.map(({ name }) => name),
  file: write(part, { externalData: { path: 'weights.bin' } }),
});

/** Session for a part of the graph. */
interface Part {
  readonly inputs: readonly string[];
  readonly session: Session;
}

interface Trees {
  readonly input: string;
  readonly output: string;
  readonly ensemble: TreeEnsemble;
}

interface Parts {
  readonly outputs: readonly string[];
  readonly before: Part | undefined;
  readonly trees: readonly Trees[];
  readonly behind: Part | undefined;
}

class LargeTreesSession implements Session {
  private readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }

  async run(feeds: Tensors, fetches = this.parts.outputs, options?: RunOptions): Promise<Tensors> {
    const values: Record<string, Tensor> = { ...feeds };
    await runPart(this.parts.before, values, options);
    for (const { input, output, ensemble } of this.parts.trees)
      values[output] = scoresOf(ensemble, input, values[input]);
    await runPart(this.parts.behind, values, options);
    return Object.fromEntries(fetches.map((name) => [name, values[name] ?? missing('output', name)]));
  }

  async release(): Promise<void> {
    await Promise.all([this.parts.before, this.parts.behind].map((part) => part?.session.release()));
  }
}

async function runPart(part: Part | undefined, values: Record<string, Tensor>, options?: RunOptions): Promise<void> {
  if (!part) return;
  const feeds = Object.fromEntries(part.inputs.map((name) => [name, values[name] ?? missing('input', name)]));
  Object.assign(values, await part.session.run(feeds, undefined, options));
}

/** Scores of each row: [N, scores]. @throws WhylightError `invalid_tensor` for rows that are too short */
function scoresOf(ensemble: TreeEnsemble, input: string, tensor?: Tensor): Tensor {
  const { dims, data } = tensor ?? missing('input', input);
  const [rows, columns] = dims.length === 1 ? [1, dims[0] as number] : [dims[0] as number, dims[1] as number];
  if (dims.length > 2 || columns < ensemble.columns) {
    throw new WhylightError(
      'invalid_tensor',
      `The trees read ${ensemble.columns} columns, but "${input}" has the shape [${dims.join(', ')}].`,
      { input, columns: ensemble.columns, given: dims },
    );
  }
  const width = ensemble.head.margins.length;
  const values = toPrecision(ensemble, typeof data[0] === 'bigint' ? Array.from(data, Number) : (data as Float32Array));
  const scores = float32([rows, width]);
  for (let row = 0; row < rows; row++) scores.data.set(outputsOf(ensemble, values, row * columns), row * width);
  return scores;
}

function missing(kind: 'input' | 'output', name: string): never {
  throw new WhylightError('invalid_tensor', `The graph's ${kind} "${name}" is missing.`, { [kind]: name });
}
