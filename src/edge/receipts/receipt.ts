/** Receipts: what an auditor needs to repeat an explanation, and to tell that the answer is the one that was given. */
import * as z from 'zod';
import { sha256Hex } from '../../core/digest.ts';
import type { Explanation } from '../../core/explainer/explanation.ts';
import type { Tensor } from '../../core/tensor/tensor.ts';
import { explanationOutputs } from '../../protocol/explanation-outputs.ts';
import { SERVER } from '../version.ts';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Content of a receipt. Digests are SHA-256 in hex. */
export const receiptSchema = z.looseObject({
  /** Seconds since 1970 at which it was signed. */
  iat: z.int(),
  tenant: z.string(),
  model: z.looseObject({ name: z.string(), version: z.string(), sha256 }),
  /** Digest of the input as it came: `image:` and that of the file, `data:`, its media type and that of the data, or `tensors:`. */
  input: z.string(),
  /** Digest of each attribution by output name, of its elements as little-endian bytes; -0 counts as 0. */
  attribution: z.record(z.string(), sha256),
  method: z.looseObject({ id: z.string(), revision: z.int(), build: z.string().optional() }),
  /** Parameters of the method after defaults. */
  parameters: z.record(z.string(), z.unknown()),
  /** Parameters of the request that decide what is explained. */
  question: z.looseObject({
    seed: z.int(),
    target: z.union([z.string(), z.number()]).optional(),
    scores: z.string().optional(),
    task: z.string().optional(),
    threshold: z.number().optional(),
    box_score: z.string().optional(),
    output: z.string().optional(),
    class_axis: z.int().optional(),
    hold: z.array(z.string()).readonly().optional(),
    labels: z.array(z.string()).readonly().optional(),
  }),
  /** Explained class of each row, and its score. */
  targets: z.array(z.looseObject({ index: z.int().optional(), label: z.string().optional(), score: z.number() })),
  engine: z.string(),
  /** Package and version whose compiler made the graph. */
  compiler: z.string(),
});

export type Receipt = z.output<typeof receiptSchema>;

/** Facts of a request that its explanation does not hold. */
export interface ReceiptFacts {
  readonly tenant: string;
  readonly input: string;
  /** Package and version, or digest, of the method's code. */
  readonly build: string | undefined;
  readonly question: Omit<Receipt['question'], 'seed'>;
}

/** Writes the receipt of an explanation. */
export async function receiptOf(explanation: Explanation, facts: ReceiptFacts, now: number): Promise<Receipt> {
  const { model, method, revision, params, seed, engine, rows } = explanation;
  const { tenant, input, build, question } = facts;
  return {
    iat: Math.floor(now / 1000),
    tenant,
    model: { name: model.name, version: model.version, sha256: model.digest },
    input,
    attribution: await attributionDigests(explanation),
    method: { id: method, revision, ...(build !== undefined && { build }) },
    parameters: { ...params },
    question: { seed, ...question },
    targets: rows.map(({ target, score }) => ({
      ...(target.index !== undefined && { index: target.index }),
      ...(target.label !== undefined && { label: target.label }),
      score,
    })),
    engine,
    compiler: `${SERVER.name}@${SERVER.version}`,
  };
}

/** Digests of the attributions of an explanation, by output name. */
export async function attributionDigests(explanation: Explanation): Promise<Record<string, string>> {
  const outputs = explanationOutputs(explanation).filter(({ name }) => isAttribution(name));
  const digests = outputs.map(async ({ name, value }) => [name, await attributionDigest(value as Tensor)] as const);
  return Object.fromEntries(await Promise.all(digests));
}

/** Digest of an attribution. JSON has no -0 that every reader keeps, so that it counts as 0. */
export const attributionDigest = (attribution: Tensor): Promise<string> =>
  sha256Hex(new Uint8Array(Float32Array.from(attribution.data as Float32Array, (value) => value + 0).buffer));

/** True for `attribution`, and for `attribution.<name>` of models with several inputs. */
export const isAttribution = (output: string): boolean => /^attribution(\.|$)/.test(output);
