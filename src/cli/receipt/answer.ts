/** The answer that a receipt belongs to. */
import { WhylightError } from '../../core/errors.ts';
import { float32, type Tensor } from '../../core/tensor/tensor.ts';
import { attributionDigest, isAttribution, type Receipt } from '../../edge/receipts/receipt.ts';

/** An answer of /explain as JSON. */
interface JsonAnswer {
  readonly model_name?: unknown;
  readonly model_version?: unknown;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly outputs?: readonly JsonOutput[];
}

interface JsonOutput {
  readonly name: string;
  readonly datatype?: string;
  readonly shape: number[];
  readonly data: readonly unknown[];
}

export interface Answer {
  readonly receipt: string;
  /** Content of the answer; absent where the receipt was given alone. */
  readonly content?: AnswerContent;
}

export interface AnswerContent {
  /** Facts that the receipt states too, by the name of the member or parameter. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly outputs: ReadonlyMap<string, JsonOutput>;
}

/**
 * Reads an answer of /explain as JSON, or a receipt alone.
 * @throws WhylightError `invalid_request` for an answer without a receipt, or with two outputs of one name
 */
export function parseAnswer(text: string): Answer {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{')) return { receipt: trimmed };
  const { model_name, model_version, parameters = {}, outputs = [] } = JSON.parse(trimmed) as JsonAnswer;
  if (typeof parameters.receipt !== 'string') {
    throw new WhylightError('invalid_request', 'The answer has no receipt: ask for it with receipt=true.');
  }
  const byName = new Map(outputs.map((output) => [output.name, output]));
  if (byName.size < outputs.length) throw changed('it has several outputs of one name');
  return {
    receipt: parameters.receipt,
    content: { facts: { ...parameters, model_name, model_version }, outputs: byName },
  };
}

/**
 * Reads a tensor of 32-bit floats out of an answer.
 * @throws WhylightError `invalid_request` where it has another datatype
 */
export function floatsOf({ outputs }: AnswerContent, name: string): Tensor<'float32'> | undefined {
  const output = outputs.get(name);
  if (!output) return undefined;
  if (output.datatype !== 'FP32') throw changed(`"${name}" is ${output.datatype}, not FP32`);
  return float32(output.shape, output.data as number[]);
}

/** Names of the attributions of an answer. */
export const attributionNames = ({ outputs }: AnswerContent): string[] => [...outputs.keys()].filter(isAttribution);

/** Outputs that a receipt states. */
const isCovered = (output: string): boolean =>
  isAttribution(output) || ['scores', 'target', 'target_label'].includes(output);

/**
 * Compares an answer with what its receipt states: attributions by their digests, model, method, seed and engine, class
 * and score of each row.
 * @returns what was found, for the user, with the outputs that the receipt does not cover
 * @throws WhylightError `invalid_request` where they differ
 */
export async function checkAnswer(content: AnswerContent, receipt: Receipt): Promise<string> {
  checkFacts(content, receipt);
  checkTargets(content, receipt);
  const names = attributionNames(content);
  for (const name of names) {
    if ((await attributionDigest(floatsOf(content, name) as Tensor)) === receipt.attribution[name]) continue;
    throw changed(`"${name}" is not what the receipt says`);
  }
  const missing = Object.keys(receipt.attribution).filter((name) => !names.includes(name));
  const others = [...content.outputs.keys()].filter((name) => !isCovered(name));
  return [
    ...(names.length > 0 ? [`the answer has the attribution of the receipt (${names.join(', ')})`] : []),
    ...(missing.length > 0 ? [`not in the answer, and not compared: ${missing.join(', ')}`] : []),
    ...(others.length > 0 ? [`not covered by the receipt: ${others.join(', ')}`] : []),
  ].join('\n');
}

function checkFacts({ facts }: AnswerContent, { model, method, question, engine }: Receipt): void {
  const stated = {
    model_name: model.name,
    model_version: model.version,
    model_digest: model.sha256,
    method: method.id,
    method_revision: method.revision,
    method_build: method.build,
    seed: question.seed,
    engine,
  };
  for (const [name, value] of Object.entries(stated)) {
    if (facts[name] === undefined || value === undefined || facts[name] === value) continue;
    throw changed(`its ${name} is ${JSON.stringify(facts[name])}, but that of the receipt is ${JSON.stringify(value)}`);
  }
}

function checkTargets({ outputs }: AnswerContent, { targets }: Receipt): void {
  const stated: Record<string, readonly unknown[]> = {
    scores: targets.map(({ score }) => Math.fround(score)),
    target: targets.map(({ index }) => index ?? -1),
    target_label: targets.map(({ label }) => label ?? ''),
  };
  for (const [name, values] of Object.entries(stated)) {
    const given = outputs.get(name)?.data;
    if (!given) continue;
    const same = (value: unknown, i: number) => (name === 'scores' ? Math.fround(Number(value)) : value) === values[i];
    if (given.length !== values.length || !given.every(same)) throw changed(`"${name}" is not what the receipt says`);
  }
}

const changed = (reason: string): WhylightError =>
  new WhylightError('invalid_request', `The answer was changed: ${reason}.`);
