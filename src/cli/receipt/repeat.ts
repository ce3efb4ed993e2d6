/** Repetition of the run that a receipt is about. */
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import type { Explainer } from '../../core/explainer/explainer.ts';
import type { Explanation } from '../../core/explainer/explanation.ts';
import { isEmpty } from '../../core/model/corrections.ts';
import type { BoxScore } from '../../core/task/task.ts';
import type { Tensor } from '../../core/tensor/tensor.ts';
import { attributionDigests, type Receipt } from '../../edge/receipts/receipt.ts';
import type { OpenedModel } from '../../library/opened-model.ts';
import { outcomeOf, requestOf } from '../../library/outcome.ts';
import type { Subject } from '../../library/subject.ts';
import { readBytes } from '../../node/files.ts';
import { explanationOutputs } from '../../protocol/explanation-outputs.ts';
import { compose, EMBEDDED_MODELS, type EngineName, PLAIN, ROOT } from '../compose.ts';
import { openModel } from '../model-file.ts';
import { readSubjects } from '../read-subjects.ts';
import { type Answer, attributionNames, floatsOf } from './answer.ts';

export interface RepeatOptions {
  readonly model: string;
  readonly input: string;
  readonly engine: EngineName | undefined;
}

/** Output with the map over the image. */
const MAP = 'saliency_map';
/** Largest difference of an element on another engine, relative to the largest element. */
const TOLERANCE = 1e-4;

/**
 * Repeats the run, and compares its attribution: byte for byte, or by value with that of the answer on another engine. The
 * map of the answer, which no receipt states, is compared by value.
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
  const explanation = await explainAgain(explainer, opened, subject, receipt);
  const outputs = explanationOutputs(explanation).filter(({ value }) => 'data' in value);
  const repeated = new Map(outputs.map(({ name, value }) => [name, value as Tensor]));
  const digests = await attributionDigests(explanation);
  const isEqual = Object.entries(receipt.attribution).every(([name, one]) => digests[name] === one);
  const attribution = isEqual
    ? `run repeated on ${explanation.engine}: the attribution is equal, byte for byte`
    : attributionByValue(repeated, answer, `${explanation.engine} (the receipt: ${receipt.engine})`);
  return [attribution, ...mapByValue(repeated, answer)].join('\n');
}

/** Asks the question of a receipt again. */
async function explainAgain(
  explainer: Explainer,
  opened: OpenedModel,
  subject: Subject,
  { method, parameters, question }: Receipt,
): Promise<Explanation> {
  const { seed, target, scores, threshold, box_score: boxScore, output, task, class_axis, hold, labels } = question;
  const corrections = { output, task, class_axis, hold, labels };
  const asked = await requestOf(subject, {
    method: method.id,
    params: parameters,
    seed,
    ...(target !== undefined && { target: String(target) }),
    ...(scores !== undefined && { scores }),
    ...(threshold !== undefined && { threshold }),
    ...(boxScore !== undefined && { boxScore: boxScore as BoxScore }),
  });
  const request = isEmpty(corrections) ? asked : { ...asked, corrections };
  return outcomeOf(opened.model, subject, request, await explainer.explain(opened.model, request)).explanation;
}

function attributionByValue(repeated: ReadonlyMap<string, Tensor>, { content }: Answer, engine: string): string {
  if (!content) {
    throw refused(
      `Repeated on ${engine}, the bytes differ; give the answer, not the receipt alone, to compare values.`,
    );
  }
  const differences = attributionNames(content).map((name) =>
    relativeDifference((floatsOf(content, name) as Tensor).data, repeated.get(name)?.data),
  );
  if (differences.length === 0) {
    throw refused(`Repeated on ${engine}, the bytes differ; give an answer with its attribution to compare values.`);
  }
  const worst = Math.max(...differences);
  const text = `run repeated on ${engine}: the largest difference is ${worst.toExponential(1)} of the largest value`;
  if (worst <= TOLERANCE) return text;
  throw refused(`The attribution is another one: ${text}, and ${TOLERANCE} is allowed.`);
}

/** Compares the map over the image, which the receipt does not state. */
function mapByValue(repeated: ReadonlyMap<string, Tensor>, { content }: Answer): string[] {
  const given = content && floatsOf(content, MAP);
  if (!given) return [];
  const difference = relativeDifference(given.data, repeated.get(MAP)?.data);
  if (difference <= TOLERANCE) return [`${MAP} is that of the repeated run`];
  throw refused(`The answer was changed: "${MAP}" is not that of the repeated run.`);
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
