/** Corrections of a model's description that one request states: the strongest source of facts. */
import { nearest, quoted, WhylightError } from '../errors.ts';
import type { Graph } from '../onnx/graph.ts';
import type { StatedFacts } from './describe/stated-facts.ts';
import type { Fact, ModelDescription } from './description.ts';

/** Facts that a request states in place of those of the manifest, of files beside the model and of the graph. */
export interface Corrections {
  /** Output that is explained. */
  readonly output?: string;
  /** Question that the output answers; `TaskRegistry.checkId` knows which ids there are. */
  readonly task?: string;
  /** Axis of the output, batch included, that counts classes. */
  readonly class_axis?: number;
  /** Inputs that are fed as they are given and never explained. */
  readonly hold?: readonly string[];
  /** Class names in order. */
  readonly labels?: readonly string[];
}

/** True where a request corrects nothing. */
export const isEmpty = (corrections: Corrections): boolean =>
  Object.values(corrections).every((value) => value === undefined);

/**
 * Facts of the corrections, with the source `request`.
 * @throws WhylightError `invalid_request` for an output or input that does not exist
 */
export function requestFacts(
  { output, task, class_axis: axis, hold, labels }: Corrections,
  { inputs, outputs }: Pick<Graph, 'inputs' | 'outputs'>,
): StatedFacts {
  if (output !== undefined) checkName('output', output, namesOf(outputs));
  for (const name of hold ?? []) checkName('input', name, namesOf(inputs));
  const fact = <T>(value: T): Fact<T> => ({ value, source: 'request' });
  return {
    ...(output !== undefined && { output: fact(output) }),
    ...(task !== undefined && { task: fact(task) }),
    ...(axis !== undefined && { classAxis: fact(axis) }),
    ...(hold && { hold: fact(hold) }),
    ...(labels && { labels: fact(labels) }),
  };
}

/**
 * Checks that a corrected description leaves something to explain and that its class axis exists.
 * @throws WhylightError `invalid_request`
 */
export function checkCorrected({ explained, inputs }: ModelDescription, { class_axis: axis, hold }: Corrections): void {
  const { name, shape } = explained;
  if (axis !== undefined && shape.length > 0 && axis >= shape.length) {
    throw new WhylightError(
      'invalid_request',
      `The output "${name}" has ${shape.length} axes, [${shape.join(', ')}], so class_axis must be below ${shape.length}, not ${axis}.`,
      { output: name, shape, class_axis: axis },
    );
  }
  if (!hold || inputs.some(({ role }) => role.value === 'explained')) return;
  throw new WhylightError(
    'invalid_request',
    `Every input would be held fixed (${namesOf(inputs).join(', ')}), so nothing is left to explain: hold fewer inputs.`,
    { hold },
  );
}

const namesOf = (values: readonly { readonly name: string }[]): string[] => values.map(({ name }) => name);

function checkName(kind: string, name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  const close = nearest(name, known);
  throw new WhylightError(
    'invalid_request',
    `There is no ${kind} ${quoted(name)}. ${close.length > 0 ? `Did you mean ${close.join(' or ')}?` : `There are ${known.join(', ')}.`}`,
    { [kind]: name, nearest: close },
  );
}
