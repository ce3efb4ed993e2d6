/** Run of the method that the product chooses by itself. */

import { WhylightError } from '../../../src/core/errors.ts';
import { AUTO_METHOD } from '../../../src/core/explainer/auto-method.ts';
import { chooseMethod } from '../../../src/core/explainer/choose-method.ts';
import { messageOf, type OpenedCase } from '../opened-case.ts';
import { isFault, MAX_SAMPLES, type MethodRun, targetOf } from './methods.ts';

/** Run of `method=auto`, with the method that was chosen. */
export interface AutoRun extends MethodRun {
  readonly method?: string;
}

/** Chooses the method for the first row and runs it: an answer, or a refusal with its reason. */
export async function runAuto(it: OpenedCase): Promise<AutoRun> {
  const [subject] = it.subjects;
  if (!subject) return { verdict: 'fails', reason: 'the inputs have no rows' };
  let chosen: string | undefined;
  try {
    const { inputs, prepared } = subject;
    const { model } = it.opened;
    const { entry } = chooseMethod(it.explainer.methods, { model, inputs });
    const method = entry.method.id;
    chosen = method;
    const baselines = await prepared?.baselines();
    const request = {
      method,
      inputs,
      ...(baselines && { baselines }),
      ...(prepared && prepared.use.modality.id !== 'tensor' && { features: [prepared.features] }),
      ...(await targetOf(it, subject, method)),
    };
    const { rows } = await it.explainer.explain(model, request, { maxSamples: MAX_SAMPLES });
    const warnings = rows[0]?.diagnostics.warnings.map(({ code }) => code) ?? [];
    return { verdict: 'runs', method, warnings };
  } catch (error) {
    const reason = messageOf(error);
    const method = chosen ?? AUTO_METHOD;
    return { verdict: WhylightError.is(error) && !isFault(error) ? 'refused' : 'fails', method, reason };
  }
}
