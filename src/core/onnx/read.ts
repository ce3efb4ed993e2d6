/** An ONNX file as a graph. */
import type { ModelProto } from 'onnx-buf';
import { type Graph, OPSET } from './graph.ts';
import { infer } from './infer.ts';
import { invalid } from './invalid.ts';
import { withoutColumnOutputs } from './read/column-outputs.ts';
import { hoistConstants } from './read/constants.ts';
import { decode } from './read/decode.ts';
import { foreignFile } from './read/foreign-file.ts';
import { Functions } from './read/functions.ts';
import { toGraph } from './read/graph.ts';
import { inOrder, withNames } from './read/order.ts';
import { toDomain } from './read/scope.ts';
import type { External } from './read/tensor.ts';
import { MAX_OPSET, MIN_OPSET, upgrade } from './upgrade.ts';
import { Dictionary } from './words/dictionary.ts';
import { withCodes } from './words/encode.ts';

export interface ReadOptions {
  /** Gives the content of a file that lies beside the model, named as the model names it. */
  readonly external?: External;
}

/**
 * Reads a model and upgrades it to {@link OPSET}. Constants stay views on `bytes` where they are stored raw, so `bytes`
 * must not change while the graph is in use. Initializers are never inputs, `Constant` nodes become constants, calls of
 * the model's own functions are inlined, nodes are in topological order with unique names.
 * @throws WhylightError `invalid_model` for any bytes that are not a usable ONNX model
 *
 * @example
 * import { read } from 'whylight/compiler';
 * const graph = read(await readFile('model.onnx'));
 * const operators = new Set(graph.nodes.map(({ op }) => op));
 * @see https://onnx.ai/onnx/repo-docs/IR.html
 */
export function read(bytes: Uint8Array, { external }: ReadOptions = {}): Graph {
  const model = decode(bytes);
  if (!model.graph) {
    return invalid(foreignFile(bytes) ?? 'The bytes are not an ONNX model: there is no graph in them.');
  }
  if (model.graph.output.length === 0) return invalid('The model has no outputs.');
  const opsets = opsetsOf(model);
  const version = opsets[''] as number;
  const functions = new Functions(model, version);
  const dictionary = new Dictionary();
  const graph = inOrder(withNames(hoistConstants(toGraph(model.graph, { functions, external, dictionary }))));
  if (graph.outputs.length === 0) {
    const names = model.graph.output.map(({ name }) => `"${name}"`).join(', ');
    return invalid(
      `None of the model's outputs (${names}) is a tensor of numbers, so there is nothing to explain. Export it with its scores as an output.`,
    );
  }
  const upgraded = upgrade({ ...graph, opsets: { ...opsets, '': OPSET } }, version);
  const coded = dictionary.holders.size > 0 ? withCodes(upgraded, dictionary) : upgraded;
  return withOutputTypes(withoutColumnOutputs(coded));
}

/** Types that the file leaves open at its outputs, from inference. */
function withOutputTypes(graph: Graph): Graph {
  if (!graph.outputs.some(({ untyped }) => untyped)) return graph;
  const types = infer(graph);
  const outputs = graph.outputs.map((output) => {
    const type = output.untyped && types.get(output.name);
    return type ? { name: output.name, dtype: type.dtype, dims: type.dims } : output;
  });
  return { ...graph, outputs };
}

/**
 * Reads the operator set versions that a file declares, by domain (`''` is `ai.onnx`). A graph in memory is always at
 * {@link OPSET}.
 * @throws WhylightError `invalid_model`
 *
 * @example
 * import { declaredOpsets } from 'whylight/compiler';
 * const { '': opset } = declaredOpsets(await readFile('model.onnx'));
 * @see https://onnx.ai/onnx/repo-docs/Versioning.html
 */
export const declaredOpsets = (bytes: Uint8Array): Record<string, number> => opsetsOf(decode(bytes));

function opsetsOf(model: ModelProto): Record<string, number> {
  const functions = model.functions.flatMap((definition) => definition.opsetImport);
  const opsets = Object.fromEntries(
    [...functions, ...model.opsetImport].map(({ domain, version }) => [toDomain(domain), Number(version)]),
  );
  // A file of trees alone need not name a version of ai.onnx.
  const onlyOthers = model.graph?.node.every(({ domain }) => toDomain(domain) !== '') ?? false;
  // Files of the first two formats had no way to name a version: they are of operator set 1.
  const implied = onlyOthers ? OPSET : model.irVersion < 3n ? 1 : undefined;
  const version = opsets[''] ?? implied;
  if (version === undefined) {
    return invalid(
      'The model has operators of ai.onnx, but does not say of which operator set. Export it anew, or add the version to opset_import.',
    );
  }
  if (version < MIN_OPSET) {
    invalid(
      `The model is of operator set ${version}; whylight reads ${MIN_OPSET} to ${MAX_OPSET}. Export it with a newer one, such as ${OPSET}.`,
      { opset: version, oldest: MIN_OPSET, newest: MAX_OPSET },
    );
  }
  if (version > MAX_OPSET) {
    invalid(
      `The model is of operator set ${version}; whylight reads ${MIN_OPSET} to ${MAX_OPSET}. Export it with an older one, such as ${OPSET}.`,
      { opset: version, oldest: MIN_OPSET, newest: MAX_OPSET },
    );
  }
  return { ...opsets, '': version };
}
