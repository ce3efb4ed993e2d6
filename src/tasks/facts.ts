/** Facts of a model's description in the form in which formats are recognised. */
import type { ModelDescription, OutputFact } from '../core/model/description.ts';
import type { TaskDescription } from './description.ts';

/** Facts of all inputs and outputs; the labels are those of the explained output, else of any. */
export function factsOf(
  { inputs, outputs, explained }: ModelDescription,
  metadata?: Readonly<Record<string, string>>,
): TaskDescription {
  const labels = [explained, ...outputs].find((output: OutputFact) => output.labels)?.labels?.value.names;
  return { inputs, outputs, ...(labels && { labels }), ...(metadata && { metadata }) };
}
