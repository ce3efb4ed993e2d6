/** Inputs and outputs of a graph as the file of its model has them. */
import type { Model } from '../../../core/model/model.ts';
import { fileOrder, frontOrder, type RowPlace } from '../../../core/model/row-places.ts';
import { makeConstant } from '../../../core/onnx/constant.ts';
import { namesOf, uniqueName } from '../../../core/onnx/edit.ts';
import { elementNumber } from '../../../core/onnx/elements.ts';
import type { Attribute, Constant, Graph, Node, ValueInfo } from '../../../core/onnx/graph.ts';
import { reading } from '../../../core/onnx/rows-first.ts';
import type { DataType } from '../../../core/tensor/tensor.ts';

/** Element types in the file of inputs and outputs that the graph computes in another type, by name. */
export type FileTypes = ReadonlyMap<string, DataType>;

/**
 * Turns a graph with rows in front and images of floating point numbers into one that takes and gives what the file
 * does: its element types and its axes. Outputs that the file lacks stay as they are.
 * @param graph of which the inputs of the model are a part
 * @param types of half precision, which a model in memory no longer has
 */
export function inFileForm(graph: Graph, model: Model, types: FileTypes): Graph {
  const edit = new Edit(graph);
  const inFile = (values: readonly ValueInfo[], name: string) => values.find((value) => value.name === name);
  const inputs = graph.inputs.map((input) => {
    const file = inFile(model.file.inputs, input.name);
    if (!file || input.words) return input;
    return edit.input(input, { ...file, dtype: types.get(file.name) ?? file.dtype }, placeOf(model, input));
  });
  const outputs = graph.outputs.map((output) => {
    const file = inFile(model.file.outputs, output.name);
    if (!file) return output;
    return edit.output(output, { ...file, dtype: types.get(file.name) ?? file.dtype }, placeOf(model, output));
  });
  return edit.graph(inputs, outputs);
}

const placeOf = (model: Model, { name }: ValueInfo): RowPlace => model.places[name] ?? 0;

/** True where rows stand elsewhere in the file than in the graph. */
const isMoved = (place: RowPlace): place is number | 'none' => place !== 0 && place !== 'whole';

class Edit {
  private readonly base: Graph;
  private readonly names: Set<string>;
  private readonly constants: Map<string, Constant>;
  private readonly renamed = new Map<string, string>();
  private readonly before: Node[] = [];
  private readonly after: Node[] = [];

  constructor(base: Graph) {
    this.base = base;
    this.names = namesOf(base);
    this.constants = new Map(base.constants);
  }

  /** Input of the file, and the nodes from it to what the graph reads. */
  input(inner: ValueInfo, file: ValueInfo, place: RowPlace): ValueInfo {
    if (file.dtype === inner.dtype && !isMoved(place)) return inner;
    let from = file.name;
    if (file.dtype !== inner.dtype) from = this.node(this.before, 'Cast', [from], castTo(inner.dtype));
    if (isMoved(place)) from = this.toFront(from, place, file.dims?.length ?? 0);
    this.renamed.set(inner.name, from);
    return file;
  }

  /** Output of the file, and the nodes to it from what the graph makes. */
  output(inner: ValueInfo, file: ValueInfo, place: RowPlace): ValueInfo {
    if (file.dtype === inner.dtype && !isMoved(place)) return inner;
    const made = uniqueName(`${inner.name}/in_graph`, this.names);
    this.renamed.set(inner.name, made);
    let from = made;
    if (isMoved(place)) from = this.toFile(from, place, file.dims?.length ?? 0);
    if (file.dtype !== inner.dtype) from = this.node(this.after, 'Cast', [from], castTo(file.dtype));
    const last = this.after.at(-1) as Node;
    this.after.splice(-1, 1, { ...last, outputs: [file.name] });
    return file;
  }

  graph(inputs: readonly ValueInfo[], outputs: readonly ValueInfo[]): Graph {
    if (this.renamed.size === 0) return this.base;
    const nodes = this.base.nodes.map((node) => ({
      ...reading(node, this.renamed),
      outputs: node.outputs.map((name) => this.renamed.get(name) ?? name),
    }));
    return {
      ...this.base,
      inputs,
      outputs,
      constants: this.constants,
      nodes: [...this.before, ...nodes, ...this.after],
    };
  }

  private toFront(from: string, place: number | 'none', rank: number): string {
    if (place !== 'none') return this.node(this.before, 'Transpose', [from], permOf(frontOrder(place, rank)));
    return this.node(this.before, 'Unsqueeze', [from, this.rowAxis()]);
  }

  private toFile(from: string, place: number | 'none', rank: number): string {
    if (place !== 'none') return this.node(this.after, 'Transpose', [from], permOf(fileOrder(place, rank)));
    return this.node(this.after, 'Squeeze', [from, this.rowAxis()]);
  }

  private rowAxis(): string {
    const name = uniqueName('row_axis', this.names);
    this.constants.set(name, makeConstant('int64', [1], [0]));
    return name;
  }

  private node(to: Node[], op: string, inputs: readonly string[], attributes: Node['attributes'] = {}): string {
    const name = uniqueName(`${inputs[0]}/${op.toLowerCase()}`, this.names);
    to.push({ name, op, domain: '', inputs, outputs: [name], attributes });
    return name;
  }
}

const castTo = (dtype: DataType): Record<string, Attribute> => ({ to: { type: 'int', value: elementNumber(dtype) } });
const permOf = (perm: readonly number[]): Record<string, Attribute> => ({ perm: { type: 'ints', value: perm } });
