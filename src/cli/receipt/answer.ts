/** The answer that a receipt belongs to. */
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import { float32, type Tensor } from '../../core/tensor/tensor.ts';
import { isAttribution, type Receipt } from '../../edge/receipts/receipt.ts';
import { toBytes } from '../../protocol/open-inference.ts';

export interface Answer {
  readonly receipt: string;
  /** Attributions by output name; absent where the receipt was given alone. */
  readonly attributions?: ReadonlyMap<string, Tensor>;
}

interface JsonAnswer {
  readonly parameters?: { readonly receipt?: unknown };
  readonly outputs?: readonly { readonly name: string; readonly shape: number[]; readonly data: number[] }[];
}

/**
 * Reads an answer of /explain as JSON, or a receipt alone.
 * @throws WhylightError `invalid_request` for an answer without a receipt
 */
export function parseAnswer(text: string): Answer {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{')) return { receipt: trimmed };
  const { parameters, outputs = [] } = JSON.parse(trimmed) as JsonAnswer;
  if (typeof parameters?.receipt !== 'string') {
    throw new WhylightError('invalid_request', 'The answer has no receipt: ask for it with receipt=true.');
  }
  const attributions = outputs.filter(({ name }) => isAttribution(name));
  return {
    receipt: parameters.receipt,
    attributions: new Map(attributions.map(({ name, shape, data }) => [name, float32(shape, data)])),
  };
}

/**
 * Compares the attributions of the answer with the digests of its receipt.
 * @returns what was found, for the user
 * @throws WhylightError `invalid_request` where they differ
 */
export async function checkAnswer({ attributions }: Required<Answer>, receipt: Receipt): Promise<string> {
  for (const [name, value] of attributions) {
    if ((await sha256Hex(toBytes(value))) === receipt.attribution[name]) continue;
    throw new WhylightError('invalid_request', `The answer was changed: "${name}" is not what the receipt says.`);
  }
  return `the answer has the attribution of the receipt (${[...attributions.keys()].join(', ')})`;
}
