/** Follows the columns of a table from a model's inputs through encoders and scalers. */
import { nearest, WhylightError } from '../errors.ts';
import type { Graph, Node } from '../onnx/graph.ts';
import { arithmetic } from './arithmetic.ts';
import { type ColumnFacts, type Columns, sizeOfRow } from './columns.ts';
import { encoders } from './encoders.ts';
import { movement } from './movement.ts';
import type { Rules, Scope } from './rule.ts';

const RULES: Rules = { ...arithmetic, ...movement, ...encoders };

export interface Trace {
  /** All columns of the model's inputs, input after input. */
  readonly sources: readonly ColumnFacts[];
  /**
   * The columns of a tensor.
   * @throws WhylightError `unprocessable_method` where an operator on the way cannot be followed, `layer_not_found`
   */
  columns(tensor: string): Columns;
}

/**
 * Traces the columns of every tensor that can be followed. Inputs are [N], [N, 1] or [N, F]; an operator without a rule
 * is remembered, and refused when somebody asks for what lies behind it.
 *
 * @example
 * const { sources, columns } = traceColumns(graph);
 * columns('transformed_column').origins.map(({ sources: of }) => of.map((i) => sources[i].input));
 * // [['age'], ['income'], ['city'], ['city'], ['city'], ['job'], ['job']]
 */
export function traceColumns(graph: Graph): Trace {
  const sources: ColumnFacts[] = [];
  const found = new Map<string, Columns>();
  const refused = new Map<string, Node>();
  for (const { name, dims = [] } of graph.inputs) {
    const row = dims.slice(1);
    if (!row.every((extent) => typeof extent === 'number')) continue;
    const first = sources.length;
    for (let element = 0; element < row.reduce((a, b) => a * b, 1); element++) sources.push({ input: name, element });
    found.set(name, {
      dims: row,
      origins: sources.slice(first).map((_, i) => ({ sources: [first + i], untouched: true })),
    });
  }
  const scope: Scope = { constant: (name) => graph.constants.get(name), sources };
  for (const node of graph.nodes) traceNode(node, scope, found, refused);
  return {
    sources,
    columns: (tensor) => {
      const columns = found.get(tensor);
      if (columns) return columns;
      const culprit = refused.get(tensor);
      if (culprit) return refuse(culprit);
      throw new WhylightError('layer_not_found', `No columns are known of a tensor named "${tensor}".`, {
        tensor,
        nearest: nearest(tensor, found.keys()),
      });
    },
  };
}

function traceNode(node: Node, scope: Scope, found: Map<string, Columns>, refused: Map<string, Node>): void {
  const key = node.domain === '' ? node.op : `${node.domain}.${node.op}`;
  const rule = Object.hasOwn(RULES, key) ? RULES[key] : undefined;
  const earlier = node.inputs.map((name) => refused.get(name)).find((culprit) => culprit !== undefined);
  const inputs = node.inputs.map((name) => found.get(name));
  const outputs = earlier ? undefined : rule?.(inputs, node, scope);
  for (const [i, name] of node.outputs.entries()) {
    const columns = outputs?.[i];
    if (columns && sizeOfRow(columns) === columns.origins.length) found.set(name, columns);
    else refused.set(name, earlier ?? node);
  }
}

function refuse({ op, name }: Node): never {
  throw new WhylightError(
    'unprocessable_method',
    `The columns of the table cannot be followed through ${op} "${name}". Use a method that asks the model for scores only, such as kernel_shap.`,
    { node: name, op },
  );
}
