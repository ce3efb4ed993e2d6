/**
 * Inputs of whole numbers that measure something (pixels, samples, counts), computed with as floating point numbers:
 * methods blur, mix and differentiate them like any other numbers. The file's own form stays that of requests.
 */
import { intAttribute } from '../onnx/attributes.ts';
import { constantValues, makeConstant } from '../onnx/constant.ts';
import { namesOf, uniqueName } from '../onnx/edit.ts';
import { elementNumber, elementType } from '../onnx/elements.ts';
import type { Constant, Graph, Node, ValueInfo } from '../onnx/graph.ts';
import { isInteger } from '../tensor/tensor.ts';
import type { ModelDescription } from './description.ts';

const MEASURES: ReadonlySet<string> = new Set(['image', 'audio', 'series']);

/** Operators that move numbers of any type, and the operands that hold others. */
const MOVES: ReadonlySet<string> = new Set(
  'Identity Transpose Reshape Squeeze Unsqueeze Flatten Slice Split Gather Expand Tile DepthToSpace SpaceToDepth'.split(
    ' ',
  ),
);

const isWhole = ({ dtype }: ValueInfo): boolean => isInteger(dtype);

/**
 * The graph with explained inputs of whole numbers as float32: those of images, sounds and series, and others whose
 * readers turn all of them into float32 anyway.
 * @param graph with rows in front
 */
export function withFloatInputs(graph: Graph, { inputs }: ModelDescription): Graph {
  let changed = graph;
  for (const { name, role, modality } of inputs) {
    const input = graph.inputs.find((one) => one.name === name);
    if (!input || !isWhole(input) || input.words || role.value !== 'explained') continue;
    const walk = new Walk(changed, input);
    if (MEASURES.has(modality.value) || (modality.value !== 'text' && !walk.readsWhole)) changed = walk.graph;
  }
  return changed;
}

class Walk {
  readonly graph: Graph;
  /** True where an operator takes the whole numbers themselves. */
  readsWhole = false;
  private readonly names: Set<string>;
  private readonly constants: Map<string, Constant>;
  private readonly nodes: Node[] = [];
  /** Whole numbers that are floating point now, by name: their type in the file. */
  private readonly floats: Map<string, ValueInfo['dtype']>;
  private readonly rounded = new Map<string, string>();

  constructor(graph: Graph, input: ValueInfo) {
    this.names = namesOf(graph);
    this.constants = new Map(graph.constants);
    this.floats = new Map([[input.name, input.dtype]]);
    for (const node of graph.nodes) this.take(node);
    this.graph = {
      ...graph,
      inputs: graph.inputs.map((one) => (one === input ? { ...one, dtype: 'float32' } : one)),
      constants: this.constants,
      nodes: this.nodes,
    };
  }

  private take(node: Node): void {
    const [first = '', ...others] = node.inputs;
    const dtype = this.floats.get(first);
    const isAlone = dtype !== undefined && node.domain === '' && !others.some((name) => this.floats.has(name));
    if (isAlone && (MOVES.has(node.op) || node.op === 'Shape' || node.op === 'Size')) {
      this.nodes.push(node);
      if (MOVES.has(node.op)) for (const name of node.outputs) this.floats.set(name, dtype);
    } else if (isAlone && node.op === 'Cast') {
      this.takeCast(node);
    } else if (!(isAlone && node.op === 'DequantizeLinear' && this.takeScale(node))) {
      this.readsWhole ||= node.inputs.some((name) => this.floats.has(name));
      this.nodes.push({
        ...node,
        inputs: node.inputs.map((name) => (this.floats.has(name) ? this.whole(name) : name)),
      });
    }
  }

  /** A Cast to float32 has nothing left to do; one to a wider type of whole numbers neither. */
  private takeCast(node: Node): void {
    const to = elementType(intAttribute(node, 'to', 0)) ?? 'float32';
    const own = this.floats.get(node.inputs[0] as string) as ValueInfo['dtype'];
    const isWider = isInteger(to) && bitsOf(to) > bitsOf(own);
    if (isWider || to === 'float32') this.nodes.push({ ...node, op: 'Identity', attributes: {} });
    else this.nodes.push(node);
    if (isWider) this.floats.set(node.outputs[0] as string, to);
    else if (to !== 'float32') this.readsWhole = true;
  }

  /** (x - zero) * scale in floating point; false where the zero is not one constant. */
  private takeScale(node: Node): boolean {
    const [x = '', scale = '', zero = ''] = node.inputs;
    const constant = zero === '' ? undefined : this.constants.get(zero);
    const numbers = constant ? constantValues(constant) : [0];
    if ((zero !== '' && !constant) || numbers.length !== 1 || this.constants.get(scale)?.dims.length !== 0)
      return false;
    const offset = uniqueName(`${x}/zero`, this.names);
    const shifted = uniqueName(`${x}/shifted`, this.names);
    this.constants.set(offset, makeConstant('float32', [], [Number(numbers[0])]));
    this.nodes.push(
      { ...node, name: `${node.name}/shift`, op: 'Sub', inputs: [x, offset], outputs: [shifted], attributes: {} },
      { ...node, op: 'Mul', inputs: [shifted, scale], attributes: {} },
    );
    return true;
  }

  /** The whole numbers again, for an operator that computes with them. */
  private whole(name: string): string {
    const known = this.rounded.get(name);
    if (known !== undefined) return known;
    const dtype = this.floats.get(name) as ValueInfo['dtype'];
    const made = uniqueName(`${name}/whole`, this.names);
    this.rounded.set(name, made);
    this.nodes.push(...this.rounding(name, made, dtype));
    return made;
  }

  private rounding(name: string, made: string, dtype: ValueInfo['dtype']): Node[] {
    const node = (op: string, inputs: string[], outputs: string[], attributes: Node['attributes'] = {}): Node => ({
      ...{ name: `${outputs[0]}/round`, op, domain: '', inputs, outputs, attributes },
    });
    if (bitsOf(dtype) > 16) {
      const rounded = uniqueName(`${name}/rounded`, this.names);
      const to = { type: 'int' as const, value: elementNumber(dtype) };
      return [node('Round', [name], [rounded]), node('Cast', [rounded], [made], { to })];
    }
    const [scale, zero] = [uniqueName(`${made}/scale`, this.names), uniqueName(`${made}/zero`, this.names)];
    this.constants.set(scale, makeConstant('float32', [], [1]));
    this.constants.set(zero, makeConstant(dtype, [], [0]));
    return [node('QuantizeLinear', [name, scale, zero], [made])];
  }
}

const bitsOf = (dtype: string): number => Number(/\d+$/.exec(dtype)?.[0] ?? 0);
