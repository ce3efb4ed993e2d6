/**
 * The path of Blur IG as a graph: the engine blurs, takes the blur's derivative and multiplies it with the gradient. A
 * image blurred is a product with a matrix for each axis, and a strong blur of an image takes as long as a small model.
 */
import { defineRuleset, type Ruleset } from '../../autodiff/ruleset.ts';
import { gradient } from '../../autodiff/rulesets/gradient.ts';
import { gaussianKernel } from '../../image/blur.ts';
import { GraphBuilder, type Value } from '../../onnx/builder.ts';
import type { Dim, Graph } from '../../onnx/graph.ts';
import type { Inputs } from '../../tensor/rows.ts';
import { type Tensor, tensor } from '../../tensor/tensor.ts';

/** An input of the model, and the axes to blur along, the batch counted as axis 0. */
export interface BlurredInput {
  readonly name: string;
  readonly axes: readonly number[];
}

const sharpName = (input: string): string => `sharp/${input}`;
const blurName = (input: string, axis: number): string => `blur/${input}/${axis}`;
const stepName = (input: string, axis: number): string => `step/${input}/${axis}`;
const changeName = (input: string): string => `change/${input}`;

/**
 * Graphs that take each of these inputs sharp, with matrices that blur it, see {@link blurRows}; the gradient with respect
 * to one is multiplied with the change of the blurred input between the row's two blurs.
 */
export const blurRuleset = (inputs: readonly BlurredInput[]): Ruleset =>
  defineRuleset({
    id: 'blur_path',
    title: 'Blur path',
    base: gradient,
    rules: [],
    otherInputs: true,
    prepare: (graph) => inputs.reduce(blurredInside, graph),
    finish: (g, derivative, name) =>
      inputs.some((input) => input.name === name)
        ? g.mul(
            derivative.dtype === 'float32' ? derivative : g.op('Cast', [derivative], { to: FLOAT }),
            g.value(changeName(name)),
          )
        : derivative,
  });

/** ONNX's number for float32. */
const FLOAT = 1;

/** The same graph, with what was an input computed from a sharp one. */
function blurredInside(graph: Graph, { name, axes }: BlurredInput): Graph {
  const input = graph.inputs.find((one) => one.name === name);
  if (!input?.dims) return graph;
  const { dims, dtype } = input;
  const others = graph.inputs.filter((one) => one !== input);
  // What reads the input is told of it by name: the new nodes stand before, as a graph of their own.
  const g = new GraphBuilder({ ...graph, inputs: [], outputs: [], nodes: [] }).under(`blur/${name}/`);
  let here = g.input(sharpName(name), 'float32', dims);
  let change: Value | undefined;
  for (const axis of axes) {
    const [row, length] = [dims[0], dims[axis]] as [Dim, Dim];
    const along = (matrix: Value, x: Value): Value => productAlong(g, matrix, x, axis, dims.length);
    const blur = g.input(blurName(name, axis), 'float32', [row, length, length]);
    const step = g.input(stepName(name, axis), 'float32', [row, length, length]);
    // (B + S)(x + c) - B x
    const changed = along(step, change ? g.add(here, change) : here);
    change = change ? g.add(changed, along(blur, change)) : changed;
    here = along(blur, here);
  }
  const outputs = [
    g.named(dtype === 'float32' ? here : g.op('CastLike', [here, g.scalar(0, dtype)]), name),
    g.named(change as Value, changeName(name)),
  ];
  const before = g.build(outputs);
  return {
    ...graph,
    inputs: [...others, ...before.inputs],
    constants: new Map([...graph.constants, ...before.constants]),
    nodes: [...before.nodes, ...graph.nodes],
  };
}

/** Each line of `x` along the axis, times the row's symmetric matrix. Dims may be open. */
function productAlong(g: GraphBuilder, matrix: Value, x: Value, axis: number, rank: number): Value {
  const [rows, columns] = [rank - 2, rank - 1];
  const between = Array.from({ length: rank - 3 }, (_, i) => i + 1);
  const square = between.length > 0 ? g.op('Unsqueeze', [matrix, g.ints(between)]) : matrix;
  if (axis === columns) return g.op('MatMul', [x, square]);
  const swap = Array.from({ length: rank }, (_, i) => (i === axis ? rows : i === rows ? axis : i));
  return g.transpose(g.op('MatMul', [square, g.transpose(x, swap)]), swap);
}

/**
 * One row for each pair of blurs.
 * @param sigmas standard deviations of the blur that the model sees, and of the one that it is compared with
 * @param of the sharp input, one row
 */
export function blurRows(
  { name, axes }: BlurredInput,
  of: Tensor,
  sigmas: readonly (readonly [here: number, there: number])[],
): Inputs {
  const rows: Record<string, Tensor> = { [sharpName(name)]: of };
  for (const axis of axes) {
    const length = of.dims[axis] as number;
    const [blur, step] = [0, 1].map(() => tensor('float32', [sigmas.length, length, length])) as [Tensor, Tensor];
    for (const [row, [here, there]] of sigmas.entries()) {
      const from = kernelLine(here, length);
      const to = kernelLine(there, length);
      putBand(from, blur, row);
      putBand(
        to.map((weight, i) => weight - (from[i] as number)),
        step,
        row,
      );
    }
    rows[blurName(name, axis)] = blur;
    rows[stepName(name, axis)] = step;
  }
  return rows;
}

/** The kernel with its centre in the middle of `2 * length - 1` positions: beyond the edge of the image there is nothing. */
function kernelLine(sigma: number, length: number): Float64Array {
  const half = gaussianKernel(sigma);
  return Float64Array.from({ length: 2 * length - 1 }, (_, i) => half[Math.abs(i - length + 1)] ?? 0);
}

/** Writes the matrix that has the line along its diagonals. */
function putBand(line: Float64Array, { dims, data }: Tensor, row: number): void {
  const length = dims[1] as number;
  const weights = Float32Array.from(line);
  for (let i = 0; i < length; i++) {
    const start = length - 1 - i;
    (data as Float32Array).set(weights.subarray(start, start + length), (row * length + i) * length);
  }
}
