/** Replaces nodes whose results are known before the run by constants. */
import { sizeOf } from '../../tensor/tensor.ts';
import type { CompileBudget } from '../compile-budget.ts';
import { makeConstant } from '../constant.ts';
import { isStatic } from '../dims.ts';
import { subgraphs } from '../edit.ts';
import { foldNode } from '../fold.ts';
import type { Constant, Graph, Node } from '../graph.ts';
import { type Inferred, infer } from '../infer.ts';

/** @param budget counts the constants that are computed */
export function foldConstants(graph: Graph, _kept?: ReadonlySet<string>, budget?: CompileBudget): Graph {
  const types = infer(graph);
  const constants = new Map(graph.constants);
  const nodes = graph.nodes.filter((node) => {
    const folded = !stays(node) && (fromInference(node, types) ?? fromConstants(node, constants));
    if (!folded) return true;
    for (const { bytes } of folded) budget?.computed(bytes.length);
    for (const [i, constant] of folded.entries()) if (node.outputs[i]) constants.set(node.outputs[i], constant);
    return false;
  });
  return nodes.length === graph.nodes.length ? graph : { ...graph, nodes, constants };
}

/**
 * Quantised weights stay as they are: onnxruntime takes float weights between quantised activations for an invitation to
 * quantise them anew, by its own measure.
 */
const stays = (node: Node): boolean => node.op === 'DequantizeLinear' || subgraphs(node).length > 0;

/** Shape arithmetic whose result is a number although its operands hang on the input. */
function fromInference(node: Node, types: ReadonlyMap<string, Inferred>): Constant[] | undefined {
  const folded = node.outputs.flatMap((name) => {
    const type = types.get(name);
    const known = type?.value && isStatic(type.value) && isStatic(type.dims) && sizeOf(type.dims) === type.value.length;
    return known ? [makeConstant(type.dtype, type.dims as number[], type.value as number[])] : [];
  });
  return folded.length === node.outputs.length ? folded : undefined;
}

function fromConstants(node: Node, constants: ReadonlyMap<string, Constant>): Constant[] | undefined {
  const inputs = node.inputs.map((name) => constants.get(name));
  if (node.inputs.some((name, i) => name !== '' && !inputs[i])) return undefined;
  return foldNode(node, inputs);
}
