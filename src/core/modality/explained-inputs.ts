/** Inputs that a modality fills: those that are explained, masks and states left out. */
import { WhylightError } from '../errors.ts';
import type { InputFact } from '../model/description.ts';
import type { ModalityContext } from './modality.ts';

/** @returns the inputs that are explained, in the order of the model */
export const explainedInputs = (inputs: readonly InputFact[]): InputFact[] =>
  inputs.filter(({ role }) => role.value === 'explained');

/**
 * The one input that a file fills.
 * @param singular what the file holds, with its article: `a sound`
 * @param plural several of these: `sounds`
 * @throws WhylightError `unprocessable_method` for a model with none or several of them
 */
export function onlyExplainedInput({ inputs }: ModalityContext, singular: string, plural: string): InputFact {
  const [input, ...others] = explainedInputs(inputs);
  if (input && others.length === 0) return input;
  throw new WhylightError(
    'unprocessable_method',
    input
      ? `The model takes ${others.length + 1} ${plural} (${[input, ...others].map(({ name }) => name).join(', ')}), but one file holds one: give each input as a tensor.`
      : `The model has no input that is ${singular}.`,
    { inputs: inputs.map(({ name }) => name) },
  );
}
