import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { hessianVector } from 'whylight/compiler';

/**
 * Attribution of second order (Deep Taylor, degree 2): gradient times input plus half of input times Hessian times input.
 * What the Hessian adds is the part of the score that elements have only together.
 * @param dims of one row of the input
 * @returns both parts by element; networks of ReLU have zeros in the second
 */
export async function secondOrder(
  file: string,
  row: Float32Array,
  dims: readonly number[],
  score: number,
  scores: number,
) {
  const { graph, cotangent, direction, gradient, product } = await hessianVector(readFileSync(file));
  const session = await InferenceSession.create(graph);
  const weights = new Float32Array(scores);
  weights[score] = 1;
  const [input = ''] = session.inputNames;
  const x = new Tensor('float32', row, [1, ...dims]);
  const outputs = await session.run({
    [input]: x,
    [cotangent]: new Tensor('float32', weights, [1, scores]),
    [direction]: x,
  });
  const numbers = (name: string) => outputs[name]?.data as Float32Array;
  return {
    first: row.map((value, i) => value * (numbers(gradient)[i] as number)),
    second: row.map((value, i) => (value * (numbers(product)[i] as number)) / 2),
  };
}
