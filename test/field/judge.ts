/** Verdict on one case: the model is opened, described, run and explained as a user would, and held against the facts. */
import { join } from 'node:path';
import { EMBEDDED_MODELS, ROOT } from '../../src/cli/compose.ts';
import { openModel } from '../../src/cli/model-file.ts';
import { WhylightError } from '../../src/core/errors.ts';
import type { Explainer } from '../../src/core/explainer/explainer.ts';
import type { OpenedModel } from '../../src/library/opened-model.ts';
import { answerFaults } from './checks/answers.ts';
import { outputFaults } from './checks/arrays.ts';
import { type AutoRun, runAuto } from './checks/auto.ts';
import { descriptionFaults } from './checks/description.ts';
import { gradientArrayFaults } from './checks/gradients.ts';
import { type MethodRun, runMethod, STRATEGIES, type Strategy } from './checks/methods.ts';
import { gradientFaults, removalFaults, topFaults } from './checks/numbers.ts';
import { operatorFaults } from './checks/operators.ts';
import { scoreFaults, shapleyFaults } from './checks/tables.ts';
import { imageFaults, textFaults } from './checks/trained.ts';
import type { Expectation, FieldCase } from './expectation.ts';
import { type Check, messageOf, type OpenedCase, openCase } from './opened-case.ts';

export interface Verdict {
  readonly name: string;
  readonly family?: FieldCase['family'];
  readonly verdict: 'pass' | 'FAIL' | 'skip';
  /** Reasons of a failure, or of a skip. */
  readonly reasons: readonly string[];
  readonly methods?: Readonly<Partial<Record<Strategy, MethodRun>>>;
  /** Run of `method=auto`, where it was asked for. */
  readonly auto?: AutoRun;
}

export interface JudgeOptions {
  readonly explainer: Explainer;
  /** Folder that images are named from. */
  readonly root: string;
  /** Leaves out the methods that no case asks for. */
  readonly quick?: boolean;
  /** Runs the method that the product chooses, and nothing else. */
  readonly auto?: boolean;
}

const CHECKS: readonly (readonly [name: string, check: Check])[] = [
  ['answer', answerFaults],
  ['outputs', outputFaults],
  ['scores', scoreFaults],
  ['top', topFaults],
  ['gradient', gradientFaults],
  ['gradient', gradientArrayFaults],
  ['removal', removalFaults],
  ['Shapley values', shapleyFaults],
  ['texts', textFaults],
  ['images', imageFaults],
];

export async function judge(it: FieldCase, options: JudgeOptions): Promise<Verdict> {
  const { name, family } = it;
  const base = { name, ...(family && { family }) };
  if (it.skipped !== undefined) return { ...base, verdict: 'skip', reasons: [it.skipped] };
  try {
    const { faults, methods, auto } = await judgeOpen(it, options);
    return {
      ...base,
      ...(auto && { auto }),
      verdict: faults.length > 0 ? 'FAIL' : 'pass',
      reasons: faults,
      ...(methods && { methods }),
    };
  } catch (error) {
    return { ...base, verdict: 'FAIL', reasons: [messageOf(error)] };
  }
}

interface Judged {
  readonly faults: readonly string[];
  readonly methods?: Verdict['methods'];
  readonly auto?: AutoRun;
}

async function judgeOpen(it: FieldCase, { explainer, root, quick, auto }: JudgeOptions): Promise<Judged> {
  const { expected } = it;
  if (it.operator) return { faults: await operatorFaults(it.folder) };
  const opened = await open(it).catch((error: unknown) => error);
  if (!isOpened(opened)) {
    const refusal = expected.open === 'yes' ? [`is not opened: ${messageOf(opened)}`] : [];
    return { faults: WhylightError.is(opened) ? refusal : [`fails with ${messageOf(opened)}`] };
  }
  if (expected.open === 'refuse' && !(await refusedLater(it, opened, { explainer, root }))) {
    return { faults: ['is opened'] };
  }
  if (expected.open !== 'yes' || !expected.inputs) return { faults: [] };
  const faults = descriptionFaults(opened.model.description, expected);
  const isFilled = expected.inputs.every(({ fill }) => fill) || expected.texts || expected.images;
  if (!isFilled) return { faults };
  const filled = expected.texts || expected.images ? { ...it, expected: { ...expected, inputs: [] } } : it;
  const row: OpenedCase =
    filled === it
      ? await openCase(it, opened, explainer, root)
      : { opened, explainer, expected, folder: it.folder, inputs: {}, subjects: [] };
  if (auto) {
    const run = await runAuto(filled === it ? row : await openCase(it, opened, explainer, root));
    return { faults: run.verdict === 'fails' ? [`${run.method} fails: ${run.reason}`] : [], auto: run };
  }
  for (const [name, check] of CHECKS) {
    try {
      faults.push(...(await check(row)));
    } catch (error) {
      faults.push(`${name}: ${messageOf(error)}`);
    }
  }
  const methods = quick && !expected.methods ? {} : await runMethods(it, row);
  return { faults: [...faults, ...methodFaults(expected, methods)], methods };
}

const isOpened = (value: unknown): value is OpenedModel =>
  typeof value === 'object' && value !== null && 'model' in value;

/** The file with what lies beside it, and the labels that the case names. */
async function open({ file, folder, expected }: FieldCase): Promise<OpenedModel> {
  const labels = expected.labels?.file;
  const flags = { model: file, ...(labels !== undefined && { labels: join(folder, labels) }) };
  return openModel(flags, EMBEDDED_MODELS, ROOT);
}

/** A file that the engine refuses is refused when it is first run. */
async function refusedLater(it: FieldCase, opened: OpenedModel, { explainer, root }: JudgeOptions): Promise<boolean> {
  try {
    const { inputs } = await openCase(it, opened, explainer, root);
    await explainer.predict(opened.model, { inputs });
    return false;
  } catch (error) {
    return WhylightError.is(error);
  }
}

async function runMethods(it: FieldCase, row: OpenedCase): Promise<Partial<Record<Strategy, MethodRun>>> {
  const asked = it.expected.methods;
  const runs: Partial<Record<Strategy, MethodRun>> = {};
  for (const strategy of STRATEGIES) {
    const must = asked?.[strategy]?.must;
    if (row.subjects.length === 0 || (asked ? must === undefined || must === 'either' : !it.family)) continue;
    runs[strategy] = await runMethod(row, strategy);
  }
  return runs;
}

/** Methods that a case names must run; of a case that names none, nothing may fail and one method must run. */
function methodFaults({ methods: asked, explain }: Expectation, runs: Partial<Record<Strategy, MethodRun>>): string[] {
  const faults: string[] = [];
  for (const [strategy, { verdict, reason, warnings = [] }] of Object.entries(runs)) {
    const { must, because = '' } = asked?.[strategy] ?? {};
    if (must === 'refuse') {
      // A gradient through int8 is that of the float model, if the answer says so: docs/models.md, "Quantised models".
      const isSaid = /int8|quanti/i.test(because) && warnings.includes('straight_through');
      if (verdict === 'runs' && !isSaid) faults.push(`${strategy} runs`);
    } else if (verdict === 'fails' || (must === 'run' && verdict === 'refused')) {
      faults.push(`${strategy} ${verdict === 'fails' ? 'fails' : 'is refused'}: ${reason}`);
    }
  }
  const all = Object.values(runs);
  // A detector that finds nothing has nothing to explain.
  const none =
    all.length > 0 && all.every(({ verdict, reason }) => verdict !== 'runs' && !/Nothing was found/.test(reason ?? ''));
  if (!asked && explain === 'yes' && none) faults.push(`no method runs: ${all[0]?.reason}`);
  return faults;
}
