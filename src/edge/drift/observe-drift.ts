/** Attribution drift: counts the shares of a sample of the answers. */
import type { Context } from 'hono';
import { messageOf } from '../../core/errors.ts';
import type { ExplainedRow, Explanation } from '../../core/explainer/explanation.ts';
import { type PreparedRows, rowInFile } from '../../core/modality/prepare.ts';
import { modalityOf } from '../../core/modality/registry.ts';
import type { Model } from '../../core/model/model.ts';
import { fractionOf } from '../fraction-of.ts';
import { type EdgeEnv, waitUntilOf } from '../http/env.ts';
import type { RowFeatures } from './shares.ts';
import type { DriftSink } from './sink.ts';

/** Maximum number of rows of a request that are counted: data points of one request are limited. */
const MAX_ROWS = 4;

/** The used part of an input. */
interface SampledInput {
  prepared(): Promise<PreparedRows | undefined>;
}

/** A question and its answer. */
export interface Answered {
  readonly model: Model;
  readonly input: SampledInput;
  readonly digest: string;
  readonly explanation: Explanation;
}

/**
 * Counts the rows of an answer if its input is in the sample: the digest of the input and the seed decide, so that a
 * question that is asked again is counted again or never. Runs behind the answer; a failure is logged.
 */
export function observeDrift(c: Context<EdgeEnv>, sink: DriftSink | undefined, answered: Answered): void {
  if (!sink || sink.rate <= 0 || c.get('tenant').keep_nothing) return;
  const work = count(sink, answered).catch((error: unknown) =>
    c.get('log')('warn', 'the drift of an answer was not counted', { reason: messageOf(error) }),
  );
  waitUntilOf(c)(work);
}

async function count(sink: DriftSink, { model, input, digest, explanation }: Answered): Promise<void> {
  if (!(await isSampled(digest, explanation.seed, sink.rate))) return;
  const { method, rows } = explanation;
  const { sharesOf } = await import('./shares.ts');
  for (const [i, row] of rows.slice(0, MAX_ROWS).entries()) {
    const shares = sharesOf(row, await featuresOf(model, input, i));
    if (shares) await sink.add({ model: model.name, version: model.version, method, label: labelOf(row), shares });
  }
}

/** Tells if an input is in the sample. */
export async function isSampled(digest: string, seed: number, rate: number): Promise<boolean> {
  return (await fractionOf(`drift/${seed}/${digest}`)) < rate;
}

async function featuresOf(model: Model, input: SampledInput, row: number): Promise<RowFeatures | undefined> {
  const prepared = await input.prepared();
  const features = prepared?.features[row];
  if (!prepared || !features) return undefined;
  return { modality: modalityOf(model), features, inputs: rowInFile(model, prepared.inputs, row) };
}

const labelOf = ({ target: { label, index } }: ExplainedRow): string =>
  label ?? (index === undefined ? '' : `${index}`);
