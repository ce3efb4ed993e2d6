/** Tables of a graph: constants, and what is made of constants alone. */
import { intAttribute } from '../../onnx/attributes.ts';
import { producers } from '../../onnx/edit.ts';
import { elementType } from '../../onnx/elements.ts';
import type { Graph, Node } from '../../onnx/graph.ts';

/** Content of a table: floating point numbers, or whole numbers that stand for them or for other entries. */
export type TableKind = 'numbers' | 'codes';

/** Operators whose result has the type of their first input. */
const KEEPS_TYPE = new Set('Identity Transpose Reshape Squeeze Unsqueeze Slice Concat Add Sub Mul Div'.split(' '));

/** The kinds of values that are the same in every run. */
export class ConstantTables {
  private readonly graph: Graph;
  private readonly makers: ReadonlyMap<string, Node>;
  private readonly known = new Map<string, TableKind | undefined>();

  constructor(graph: Graph) {
    this.graph = graph;
    this.makers = producers(graph);
  }

  /** The kind of a value; undefined where it depends on an input, or on an operator that makes no tables. */
  kindOf(name: string): TableKind | undefined {
    if (!this.known.has(name)) this.known.set(name, this.find(name));
    return this.known.get(name);
  }

  private find(name: string): TableKind | undefined {
    const constant = this.graph.constants.get(name);
    if (constant) return constant.dtype.includes('float') ? 'numbers' : 'codes';
    const maker = this.makers.get(name);
    if (maker?.domain !== '') return undefined;
    const own = maker.inputs.filter((input) => input !== '').map((input) => this.kindOf(input));
    if (own.length === 0 || own.includes(undefined)) return undefined;
    if (maker.op === 'DequantizeLinear') return 'numbers';
    if (maker.op === 'Cast') {
      return elementType(intAttribute(maker, 'to', 0))?.includes('float') ? 'numbers' : 'codes';
    }
    return KEEPS_TYPE.has(maker.op) ? own[0] : undefined;
  }
}
