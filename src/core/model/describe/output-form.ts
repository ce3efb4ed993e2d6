/** Forms of outputs that names and shapes alone give away, such as the head of a detector. */
import type { Graph, ValueInfo } from '../../onnx/graph.ts';
import { infer } from '../../onnx/infer.ts';
import type { DataType } from '../../tensor/tensor.ts';
import type { TaskId } from '../description.ts';
import type { StatedFacts } from './stated-facts.ts';

/** Name, element type and shape of an input or output; open dims are strings. */
export interface TensorFact {
  readonly name: string;
  readonly dtype: DataType;
  readonly shape: readonly (number | string)[];
}

/** Facts of a file from which the form of its outputs is told. */
export interface ShapeFacts {
  readonly inputs: readonly TensorFact[];
  readonly outputs: readonly TensorFact[];
  /** Names of the classes, in order, without background. */
  readonly labels?: readonly string[];
  /** `metadata_props` of the ONNX file. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface OutputForm {
  readonly task: TaskId;
  /** Evidence between 0 and 1 that the outputs together have this form. */
  recognise(facts: ShapeFacts): number;
}

/**
 * The task whose form of outputs fits best, as a fact that is weaker than what anybody states.
 * @param stated facts of stronger sources; with a task among them nothing is looked for
 */
export function recognisedForm(
  graph: Graph,
  forms: readonly OutputForm[],
  stated: StatedFacts,
  metadata: Readonly<Record<string, string>>,
): StatedFacts {
  if (stated.task || forms.length === 0) return {};
  const labels = stated.labels?.value;
  const facts: ShapeFacts = { ...shapesOf(graph), metadata, ...(labels && { labels }) };
  const ranked = forms.map(({ task, recognise }) => ({ task, evidence: recognise(facts) }));
  const best = ranked.reduce((a, b) => (b.evidence > a.evidence ? b : a));
  return best.evidence > 0 ? { task: { value: best.task, source: 'graph' } } : {};
}

/** Inputs and outputs with the shapes that the graph settles. */
function shapesOf(graph: Graph): Pick<ShapeFacts, 'inputs' | 'outputs'> {
  const isSettled = graph.outputs.every(({ dims }) => dims?.every((dim) => typeof dim === 'number'));
  const inferred = isSettled ? undefined : infer(graph);
  const fact = ({ name, dtype, dims }: ValueInfo): TensorFact => ({
    name,
    dtype,
    shape: inferred?.get(name)?.dims ?? dims ?? [],
  });
  return { inputs: graph.inputs.map(fact), outputs: graph.outputs.map(fact) };
}
