/** Weights as float16 in the file, float32 in the run. */
import { WhylightError } from '../../../core/errors.ts';
import { constantValues, makeConstant } from '../../../core/onnx/constant.ts';
import { elementNumber } from '../../../core/onnx/elements.ts';
import type { Constant, Graph, Node } from '../../../core/onnx/graph.ts';

/** Constants with fewer elements stay as they are. */
const MIN_ELEMENTS = 64;

/** Largest number in float16. */
const MAX_HALF = 65_504;

/**
 * Stores the float32 weights of a graph as float16, which halves the file; a Cast node turns each back when the model is
 * loaded. Scores and maps change in the third digit.
 * @throws WhylightError `invalid_model` for a weight above 65,504, which float16 cannot hold
 */
export function halfWeights(graph: Graph): Graph {
  const constants = new Map<string, Constant>();
  const casts: Node[] = [];
  for (const [name, constant] of graph.constants) {
    if (constant.dtype !== 'float32' || constant.bytes.length < MIN_ELEMENTS * Float32Array.BYTES_PER_ELEMENT) {
      constants.set(name, constant);
      continue;
    }
    const values = constantValues(constant) as ArrayLike<number>;
    const largest = Array.prototype.reduce.call<
      ArrayLike<number>,
      [(most: number, value: number) => number, number],
      number
    >(values, (most, value) => Math.max(most, Math.abs(value)), 0);
    if (largest > MAX_HALF) throw tooLarge(name, largest);
    constants.set(`${name}/half`, makeConstant('float16', constant.dims, values));
    casts.push({
      name: `${name}/cast`,
      op: 'Cast',
      domain: '',
      inputs: [`${name}/half`],
      outputs: [name],
      attributes: { to: { type: 'int', value: elementNumber('float32') } },
    });
  }
  return { ...graph, constants, nodes: [...casts, ...graph.nodes] };
}

const tooLarge = (name: string, largest: number): WhylightError =>
  new WhylightError(
    'invalid_model',
    `The weights "${name}" hold ${largest}, and float16 ends at ${MAX_HALF}: write them as float32.`,
    { tensor: name, largest },
  );
