/** Upper bounds on an uploaded model, checked before anything is computed whose size follows from it. */
import { WhylightError } from '../../core/errors.ts';
import type { Model } from '../../core/model/model.ts';
import type { Graph, ValueInfo } from '../../core/onnx/graph.ts';
import { infer } from '../../core/onnx/infer.ts';
import { outlineOf } from '../../core/onnx/read/outline.ts';
import { simplify } from '../../core/onnx/simplify.ts';
import { weightBytes } from '../../core/plan/machine-memory.ts';
import { wasmBytes } from '../../core/plan/memory.ts';
import { sizeOf } from '../../core/tensor/tensor.ts';
import { ISOLATE_BYTES } from '../../tools/inspect.ts';
import { nodeRuns, unboundedLoop } from './loop-runs.ts';

/** Maximum number of nodes, those of nested graphs among them. An isolate would need 25 KiB for each. */
const MAX_NODES = 5_000;
/** Maximum number of graphs inside each other, such as the branches of If and the bodies of Loop. */
const MAX_DEPTH = 8;
/** Maximum number of nodes in a file: many are constants, which are no nodes any more once it is read. */
const MAX_FILE_NODES = 20_000;
/**
 * Maximum number of messages in a file: a decoded one takes some 200 bytes of an isolate. A node of a common network has
 * ten, with its attributes and the names of its inputs and outputs.
 */
const MAX_MESSAGES = 200_000;
/** Maximum number of runs of nodes in one row, with those in loops: some four seconds of a native engine. */
const MAX_RUNS = 1_000_000;
/** Maximum number of elements of a tensor in one row: 64 MiB of float32. */
const MAX_ELEMENTS = 2 ** 24;

/**
 * Checks nodes, nesting and messages of an ONNX file before it is decoded.
 * @throws WhylightError `payload_too_large`, with the limit and what was found at least
 */
export function checkFileSize(bytes: Uint8Array): void {
  const limits = { nodes: MAX_FILE_NODES, messages: MAX_MESSAGES, depth: MAX_DEPTH };
  const { nodes, messages, depth } = outlineOf(bytes, limits);
  if (depth > MAX_DEPTH) throw tooDeep();
  if (nodes > MAX_FILE_NODES) throw tooManyInFile('nodes', MAX_FILE_NODES);
  if (messages > MAX_MESSAGES) throw tooManyInFile('messages', MAX_MESSAGES);
}

const tooManyInFile = (what: string, max: number): WhylightError =>
  tooLarge(`has a file of more than ${max} ${what}`, 'no more', { [`max_file_${what}`]: max });

/**
 * Checks nodes, nesting, loops, tensor sizes and the estimated memory of a model.
 * @throws WhylightError `payload_too_large`, with the limit and what was found
 */
export function checkUploadSize(model: Model): void {
  const nodes = countNodes(model.graph, 1);
  if (nodes > MAX_NODES)
    throw tooLarge(`has ${nodes} nodes`, `at most ${MAX_NODES} nodes`, { nodes, max_nodes: MAX_NODES });
  const runs = nodeRuns(model.graph);
  if (runs > MAX_RUNS)
    throw tooLarge(`runs ${runs} nodes with its loops`, `at most ${MAX_RUNS} runs of nodes a row`, {
      max_runs: MAX_RUNS,
    });
  for (const [name, { dims }] of infer(withOneRow(model))) checkElements(name, dims);
  const graph = simplify(model.graph);
  const bytes = wasmBytes(graph, undefined, model.fixedBatch) + weightBytes(graph);
  if (bytes > ISOLATE_BYTES) {
    const facts = { bytes, max_bytes: ISOLATE_BYTES };
    throw tooLarge(`would take about ${mib(bytes)} MiB`, `the ${mib(ISOLATE_BYTES)} MiB of an isolate`, facts);
  }
}

/**
 * Checks that every loop of a model has a maximum of iterations that is known before it runs: the row's shape may give
 * it, its data may not. Nothing can end a run of onnxruntime-node or of an isolate, and a run that ends on one input says
 * nothing of others.
 * @throws WhylightError `invalid_model`, with the name of the loop
 */
export function checkLoops(model: Model): void {
  // Few models have one, and simplifying holds an isolate.
  if (unboundedLoop(model.graph) === undefined) return;
  const loop = unboundedLoop(simplify(withOneRow(model)));
  if (loop === undefined) return;
  throw new WhylightError(
    'invalid_model',
    `The loop "${loop}" runs for as long as the data say, and nothing could end it: give it a constant trip count that bounds it. Operators can serve the model as it is from a folder.`,
    { loop },
  );
}

function countNodes(graph: Graph, depth: number): number {
  if (depth > MAX_DEPTH) throw tooDeep();
  let nodes = graph.nodes.length;
  for (const { attributes } of graph.nodes) {
    for (const attribute of Object.values(attributes)) {
      if (attribute.type === 'graph') nodes += countNodes(attribute.value, depth + 1);
    }
  }
  return nodes;
}

const tooDeep = (): WhylightError =>
  tooLarge(`nests graphs more than ${MAX_DEPTH} deep`, `a depth of ${MAX_DEPTH}`, { max_depth: MAX_DEPTH });

/** The graph with one row in each input that has rows. */
const withOneRow = ({ graph, fixedBatch }: Model): Graph => ({
  ...graph,
  inputs: graph.inputs.map((input) =>
    input.whole || !input.dims ? input : { ...input, dims: [fixedBatch ?? 1, ...input.dims.slice(1)] },
  ),
});

function checkElements(name: string, dims: ValueInfo['dims']): void {
  const elements = sizeOf(dims?.map((dim) => (typeof dim === 'number' ? dim : 1)) ?? []);
  if (elements <= MAX_ELEMENTS) return;
  const shape = `[${dims?.join(', ')}]`;
  throw tooLarge(`has the tensor "${name}" of shape ${shape}, ${elements} elements`, `at most ${MAX_ELEMENTS} a row`, {
    tensor: name,
    elements,
    max_elements: MAX_ELEMENTS,
  });
}

const tooLarge = (found: string, allowed: string, facts: Readonly<Record<string, unknown>>): WhylightError =>
  new WhylightError(
    'payload_too_large',
    `The model ${found}, but an upload may take ${allowed}. Use a smaller model, or run it at an origin.`,
    facts,
  );

const mib = (bytes: number): number => Math.round(bytes / 2 ** 20);
