/** Arithmetic as exporters spell it: operands of a node, wherever a constant or a change of shape stands. */
import { intsAttribute } from '../../onnx/attributes.ts';
import { constantValues } from '../../onnx/constant.ts';
import { producers } from '../../onnx/edit.ts';
import type { Graph, Node } from '../../onnx/graph.ts';
import { traitsOf } from '../../onnx/operators.ts';

/** A graph with the node that makes each of its values. */
export class Spelling {
  private readonly graph: Graph;
  private readonly makers: ReadonlyMap<string, Node>;

  constructor(graph: Graph) {
    this.graph = graph;
    this.makers = producers(graph);
  }

  /** The node of `ai.onnx` that makes a value, if it is of this operator. */
  made(name: string | undefined, op: string): Node | undefined {
    const node = this.makers.get(name ?? '');
    return node?.op === op && node.domain === '' ? node : undefined;
  }

  maker(name: string | undefined): Node | undefined {
    return this.makers.get(name ?? '');
  }

  /** The value in front of operators that change its shape alone, or spread it. */
  source(name: string | undefined): string {
    let tensor = name ?? '';
    for (let node = this.makers.get(tensor); node; node = this.makers.get(tensor)) {
      if (traitsOf(node).transparent !== 'shape' && !/^(Identity|Expand)$/.test(node.op)) break;
      tensor = node.inputs[0] ?? '';
    }
    return tensor;
  }

  /** The number that a constant holds everywhere. */
  number(name: string | undefined): number | undefined {
    const constant = this.graph.constants.get(this.source(name));
    if (!constant) return undefined;
    const [first, ...rest] = Array.from(constantValues(constant), Number);
    return rest.every((value) => value === first) ? first : undefined;
  }

  /** Both operands of a node with two, the one that `picks` first. */
  operands(node: Node | undefined, picks: (name: string) => boolean): readonly [string, string] | undefined {
    const [a = '', b = ''] = node?.inputs ?? [];
    if (node?.inputs.length !== 2) return undefined;
    return picks(a) ? [a, b] : picks(b) ? [b, a] : undefined;
  }

  /** Numerator and denominator of a division, in whatever form; the numerator is undefined where it is 1. */
  quotient(node: Node): readonly [above: string | undefined, below: string] | undefined {
    const [a = '', b = ''] = node.inputs;
    if (node.op === 'Reciprocal') return [undefined, a];
    if (node.op === 'Pow' && this.number(b) === -1) return [undefined, a];
    if (node.op === 'Div') return [this.number(a) === 1 ? undefined : a, b];
    if (node.op !== 'Mul') return undefined;
    const found = this.operands(node, (name) => this.made(this.source(name), 'Reciprocal') !== undefined);
    const inverse = found && this.made(this.source(found[0]), 'Reciprocal');
    return found && inverse ? [found[1], inverse.inputs[0] ?? ''] : undefined;
  }

  /** The exponent of `Exp(x)`. */
  exponent(name: string | undefined): string | undefined {
    return this.made(name, 'Exp')?.inputs[0];
  }

  /** x in front of `x - max(x)`; x itself where nothing is taken off. */
  unshifted(name: string): string {
    const shifted = this.made(name, 'Sub');
    const [x = '', largest] = shifted?.inputs ?? [];
    return shifted && this.made(this.source(largest), 'ReduceMax') ? x : name;
  }

  /** x of `-x`. */
  negated(name: string | undefined): string | undefined {
    const negative = this.made(name, 'Neg');
    if (negative) return negative.inputs[0];
    const taken = this.made(name, 'Sub');
    if (taken && this.number(taken.inputs[0]) === 0) return taken.inputs[1];
    const scaled = this.operands(this.made(name, 'Mul'), (operand) => this.number(operand) === -1);
    return scaled?.[1];
  }

  /** The only axis that a reduction goes along. */
  axisOf(node: Node): number | undefined {
    const constant = this.graph.constants.get(node.inputs[1] ?? '');
    const axes = constant ? Array.from(constantValues(constant), Number) : intsAttribute(node, 'axes', []);
    return axes.length === 1 ? axes[0] : undefined;
  }
}
