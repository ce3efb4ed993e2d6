/** The receipt of an answer, in its parameter `receipt`. */
import type { Context } from 'hono';
import { WhylightError } from '../../core/errors.ts';
import type { Explanation } from '../../core/explainer/explanation.ts';
import type { EdgeEnv } from '../http/env.ts';
import type { Services } from '../services.ts';
import type { ExplainQuery } from './query.ts';
import { correctionsOf } from './settings.ts';

/**
 * Signs the receipt that a request asks for.
 * @returns the parameter of the answer; none where no receipt is asked for
 */
export async function receiptParameter(
  c: Context<EdgeEnv>,
  { receipts }: Pick<Services, 'receipts'>,
  query: ExplainQuery,
  explanation: Explanation,
): Promise<{ readonly receipt?: string }> {
  const { settings, inputDigest, build } = query;
  if (!settings.receipt || !receipts) return {};
  const { target, scores, threshold, box_score } = settings;
  const question = {
    ...(target !== undefined && { target }),
    ...(scores !== undefined && { scores }),
    ...(threshold !== undefined && { threshold }),
    ...(box_score !== undefined && { box_score }),
    ...correctionsOf(settings),
  };
  const facts = { tenant: c.get('tenant').id, input: inputDigest, build, question };
  const { receiptOf } = await import('../receipts/receipt.ts');
  return { receipt: await receipts.sign(await receiptOf(explanation, facts, Date.now())) };
}

/** Media types of answers that carry a receipt. */
const CARRIERS: readonly string[] = ['application/json', 'application/octet-stream', 'text/event-stream'];

/**
 * Refuses a receipt that could not be given, before anything runs.
 * @param type media type of the answer
 * @throws WhylightError `invalid_request` on a server without keys; `not_acceptable` for an image or a page
 */
export function checkReceipt({ settings }: ExplainQuery, { receipts }: Pick<Services, 'receipts'>, type: string): void {
  if (!settings.receipt) return;
  if (!receipts) {
    const message = 'This server signs no receipts: leave receipt out, or ask its operator to set RECEIPT_KEYS.';
    throw new WhylightError('invalid_request', message, { issues: [{ parameter: 'receipt', message }] });
  }
  if (CARRIERS.includes(type)) return;
  throw new WhylightError('not_acceptable', `${type} cannot carry a receipt: ask for application/json.`, {
    allowed: CARRIERS,
  });
}
