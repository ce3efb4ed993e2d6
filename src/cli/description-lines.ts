/** The description of a model as lines of a terminal: each fact with its source. */
import type { Fact, InputFact, ModelDescription, OutputFact } from '../core/model/description.ts';

/** Labels that are shown. */
const MAX_LABELS = 6;

type Line = readonly [name: string, text: string];

/** Inputs, outputs and doubts. */
export const describeLines = ({ inputs, outputs, explained, doubts }: ModelDescription): Line[] => [
  ...inputs.map((input): Line => ['input', inputLine(input)]),
  ...outputs.map((output): Line => [output.name === explained.name ? 'explained' : 'output', outputLine(output)]),
  ...doubts.map(({ message, blocking }): Line => [blocking ? 'not settled' : 'doubt', message]),
];

function inputLine({ name, dtype, shape, modality, layout, role, preprocessing }: InputFact): string {
  const facts = [
    said(modality),
    `layout ${said(layout)}`,
    said(role),
    ...(preprocessing ? [`preprocessing (${preprocessing.source})`] : []),
  ];
  return `${name}  ${dtype} [${shape.join(', ')}]  ${facts.join(', ')}`;
}

function outputLine({ name, dtype, shape, task, classAxis, activation, labels }: OutputFact): string {
  const facts = [
    said(task),
    ...(classAxis && classAxis.value !== null ? [`classes along axis ${said(classAxis as Fact<number>)}`] : []),
    `activation ${said(activation)}`,
    ...(labels ? [`labels ${named(labels.value.names)} (${labels.source})`] : []),
  ];
  return `${name}  ${dtype} [${shape.join(', ')}]  ${facts.join(', ')}`;
}

const said = ({ value, source }: Fact<string | number>): string => `${value} (${source})`;

function named(names: readonly string[]): string {
  const more = names.length - MAX_LABELS;
  return names.slice(0, MAX_LABELS).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
