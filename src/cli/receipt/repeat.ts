/** Repetition of the run that a receipt is about. */
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import type { Tensor } from '../../core/tensor/tensor.ts';
import { attributionDigests, isAttribution, type Receipt } from '../../edge/receipts/receipt.ts';
import { explainSubject } from '../../library/outcome.ts';
import { readBytes } from '../../node/files.ts';
import { explanationOutputs } from '../../protocol/explanation-outputs.ts';
import { compose, EMBEDDED_MODELS, type EngineName, PLAIN, ROOT } from '../compose.ts';
import { openModel } from '../model-file.ts';
import { readSubjects } from '../read-subjects.ts';
import type { Answer } from './answer.ts';

export interface RepeatOptions {
  readonly model: string;
  readonly input: string;
  readonly engine: EngineName | undefined;
}

/** Largest difference of an element on another engine, relative to the largest element. */
const TOLERANCE = 1e-4;

/**
 * Repeats the run, and compares its attribution: byte for byte, or by value with that of the answer on another engine.
 * @returns what was found, for the user
 * @throws WhylightError `invalid_request` for another model, another input or another attribution
 */
export async function repeatRun(receipt: Receipt, answer: Answer, options: RepeatOptions): Promise<string> {
  const opened = await openModel({ model: options.model }, EMBEDDED_MODELS, ROOT);
  const { digest } = opened.model;
  if (digest !== receipt.model.sha256) {
    throw refused(`The model has the SHA-256 ${digest}, but that of the receipt is ${receipt.model.sha256}.`);
  }
  const file = await sha256Hex(await readBytes(options.input, 'input'));
  if (!receipt.input.endsWith(`:${file}`)) {
    throw refused(`The input has the SHA-256 ${file}, but the receipt says ${receipt.input.slice(0, 200)}.`);
  }
  const [subject] = await readSubjects(opened, {}, [options.input]);
  if (!subject) throw refused('The input has no row.');
  const explainer = await compose(options.engine, PLAIN);
  const { method, parameters, question } = receipt;
  const { seed, target, scores, task, threshold } = question;
  const { explanation } = await explainSubject(explainer, opened, subject, {
    method: method.id,
    params: parameters,
    seed,
    ...(target !== undefined && { target: String(target) }),
    ...(scores !== undefined && { scores }),
    ...(task !== undefined && { task }),
    ...(threshold !== undefined && { threshold }),
  });
  const repeated = await attributionDigests(explanation);
  if (Object.entries(receipt.attribution).every(([name, one]) => repeated[name] === one)) {
    return `run repeated on ${explanation.engine}: the attribution is equal, byte for byte`;
  }
  const outputs = explanationOutputs(explanation).filter(({ name }) => isAttribution(name));
  const values = new Map(outputs.map(({ name, value }) => [name, value as Tensor]));
  return byValue(values, answer, `${explanation.engine} (the receipt: ${receipt.engine})`);
}

function byValue(repeated: ReadonlyMap<string, Tensor>, { attributions }: Answer, engine: string): string {
  if (!attributions) {
    throw refused(
      `Repeated on ${engine}, the bytes differ; give the answer, not the receipt alone, to compare values.`,
    );
  }
  const differences = [...attributions].map(([name, { data }]) => relativeDifference(data, repeated.get(name)?.data));
  const worst = Math.max(...differences);
  const text = `run repeated on ${engine}: the largest difference is ${worst.toExponential(1)} of the largest value`;
  if (worst <= TOLERANCE) return text;
  throw refused(`The attribution is another one: ${text}, and ${TOLERANCE} is allowed.`);
}

/** Largest difference of two arrays, relative to the largest element of the first; infinite for other lengths. */
function relativeDifference(expected: Tensor['data'], given: Tensor['data'] | undefined): number {
  if (given?.length !== expected.length) return Infinity;
  let [worst, largest] = [0, 1e-30];
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs(Number(expected[i]) - Number(given[i])));
    largest = Math.max(largest, Math.abs(Number(expected[i])));
  }
  return worst / largest;
}

const refused = (message: string): WhylightError => new WhylightError('invalid_request', message);
