/** Embeddings: what similarity compares. */
import { WhylightError } from '../errors.ts';
import type { Corrections } from '../model/corrections.ts';
import { checkInputs } from '../model/inputs.ts';
import type { Model } from '../model/model.ts';
import type { Inputs } from '../tensor/rows.ts';
import type { Explainer } from './explainer.ts';
import type { ExplainHooks } from './request.ts';

/**
 * The explained output of one row as a list of numbers. The model runs once.
 * @throws WhylightError `invalid_request` for several rows, `invalid_tensor`, `aborted`
 */
export async function embeddingOf(
  explainer: Explainer,
  model: Model,
  { inputs, corrections }: { readonly inputs: Inputs; readonly corrections?: Corrections },
  hooks: ExplainHooks = {},
): Promise<readonly number[]> {
  const described = model.corrected(corrections);
  const { name } = described.description.explained;
  const { rows } = checkInputs(described, inputs);
  const { [name]: embedding } = await explainer.infer(described, { inputs, names: [name] }, hooks);
  if (rows === 1 && embedding) return Array.from(embedding.data, Number);
  throw new WhylightError('invalid_request', `The input to compare with has ${rows} rows: give one.`, { rows });
}

/**
 * A vector that is written as a JSON list; undefined for any other text.
 * @throws WhylightError `invalid_request` for a list that does not hold finite numbers alone
 */
export function vectorOf(text: string): readonly number[] | undefined {
  if (!text.trimStart().startsWith('[')) return undefined;
  const list = parsed(text);
  if (Array.isArray(list) && list.length > 0 && list.every((item) => Number.isFinite(item))) return list as number[];
  const message = 'The vector to compare with is not understood: give a JSON list of numbers, such as [0.1, -0.2].';
  throw new WhylightError('invalid_request', message, { issues: [{ parameter: 'similar_to', message }] });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
