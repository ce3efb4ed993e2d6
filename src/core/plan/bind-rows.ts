/** Graphs with the shapes of a request in place of open dims. */
import type { Graph, ValueInfo } from '../onnx/graph.ts';

/** Shape of one row of inputs, by name. */
export type RowShapes = Readonly<Record<string, readonly number[]>>;

/**
 * The same graph with inputs of these shapes. A graph without open dims is returned as it is, so that what was inferred
 * of it is still known.
 * @param rows shapes of one row; all dims of an input that rows share
 * @param batch rows of every run, where the graph leaves their number open
 */
export function bindRows(graph: Graph, rows: RowShapes = {}, batch = 1): Graph {
  const inputs = graph.inputs.map((input) => bound(input, rows[input.name], batch));
  return inputs.every((input, i) => input === graph.inputs[i]) ? graph : { ...graph, inputs };
}

/** The same graph for rows of these shapes, their number left as it is. */
export function bindShapes(graph: Graph, rows: RowShapes): Graph {
  const inputs = graph.inputs.map((input) => {
    const [row, [first]] = [rows[input.name], input.dims ?? []];
    if (!row || first === undefined) return input;
    return { ...input, dims: input.whole ? row : [first, ...row] };
  });
  return { ...graph, inputs };
}

/** True where a shape of rows is only known with a request. */
export const hasOpenShapes = ({ inputs }: Graph): boolean =>
  inputs.some(({ dims, whole }) => dims?.slice(whole ? 0 : 1).some((dim) => typeof dim !== 'number'));

function bound(input: ValueInfo, row: readonly number[] | undefined, batch: number): ValueInfo {
  const { dims, whole } = input;
  if (!dims || dims.length === 0) return input;
  const [first = batch, ...rest] = dims;
  const wanted = whole ? (row ?? dims) : [typeof first === 'number' ? first : batch, ...(row ?? rest)];
  return wanted.every((dim, axis) => dim === dims[axis]) ? input : { ...input, dims: wanted };
}
