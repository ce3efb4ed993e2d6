/** Runs of one method of each strategy, as a person would ask for it: no target, no parameters. */

import { WhylightError } from '../../../src/core/errors.ts';
import type { ExplainedRow } from '../../../src/core/explainer/explanation.ts';
import type { ExplainRequest } from '../../../src/core/explainer/request.ts';
import type { Subject } from '../../../src/library/subject.ts';
import { answerOf, messageOf, type OpenedCase } from '../opened-case.ts';
import { statedElement } from './stated-element.ts';

export type Strategy = 'gradient' | 'activation' | 'perturbation';

export interface MethodRun {
  readonly verdict: 'runs' | 'refused' | 'fails';
  /** Message of the refusal or fault. */
  readonly reason?: string;
  /** Codes of the warnings of the answer. */
  readonly warnings?: readonly string[];
}

const METHODS: Readonly<Record<Strategy, string>> = {
  gradient: 'saliency',
  activation: 'grad_cam',
  perturbation: 'occlusion',
};

export const STRATEGIES = Object.keys(METHODS) as Strategy[];

export const MAX_SAMPLES = 3000;

const ZERO = 'gives zero everywhere';

/** Errors that are no statement about the model or the request. */
const FAULTS: ReadonlySet<string> = new Set(['method_failed', 'engine_failure', 'internal_error', 'invalid_model']);

/** True for an error that is no statement about the model or the request. */
export const isFault = ({ code }: WhylightError): boolean => FAULTS.has(code);

/** Runs the method of a strategy on the first row. */
export async function runMethod(it: OpenedCase, strategy: Strategy): Promise<MethodRun> {
  const [subject] = it.subjects;
  if (!subject) return { verdict: 'fails', reason: 'the inputs have no rows' };
  try {
    const method = METHODS[strategy];
    const request = { method, inputs: subject.inputs, ...(await targetOf(it, subject, method)) };
    let warnings: readonly string[] = [];
    const run = async (params: ExplainRequest['params']): Promise<string | undefined> => {
      const { rows } = await it.explainer.explain(it.opened.model, { ...request, params }, { maxSamples: MAX_SAMPLES });
      warnings = rows[0]?.diagnostics.warnings.map(({ code }) => code) ?? [];
      const fault = valueFault(rows[0], strategy);
      return fault === ZERO && (await isZeroLayer(it, subject, rows[0])) ? undefined : fault;
    };
    const fault = (await run({})) && (await run(strategy === 'activation' ? { relu: false } : {}));
    return fault === undefined ? { verdict: 'runs', warnings } : { verdict: 'fails', reason: fault, warnings };
  } catch (error) {
    // More runs than this tool has time for are no fault of the model's.
    if (WhylightError.is(error, 'budget_exceeded')) return { verdict: 'runs', reason: messageOf(error) };
    const isRefusal = WhylightError.is(error) && !isFault(error);
    return { verdict: isRefusal ? 'refused' : 'fails', reason: messageOf(error) };
  }
}

/** The task's own target; where it asks for one, the element that the case states. */
export async function targetOf(
  it: OpenedCase,
  subject: Subject,
  method: string,
): Promise<Pick<ExplainRequest, 'target' | 'read' | 'scores'>> {
  const { inputs } = subject;
  try {
    const { read } = await answerOf(it, subject);
    await it.explainer.settle(it.explainer.plan(it.opened.model, { method, inputs, read }));
    return { read };
  } catch (error) {
    const { gradient_array: stated } = it.expected;
    const asks = WhylightError.is(error, 'invalid_request') || WhylightError.is(error, 'label_not_found');
    if (!stated || !asks) throw error;
    const { scores, index } = await statedElement(it, subject, stated);
    return { scores, target: { weights: [{ index, weight: 1 }] } };
  }
}

/**
 * True where the layer of a map is zero everywhere for this input (a ReLU that lets nothing through), so that a map of
 * zeros is right.
 */
async function isZeroLayer(it: OpenedCase, { inputs }: Subject, row: ExplainedRow | undefined): Promise<boolean> {
  const made = new Set(it.opened.model.graph.nodes.flatMap(({ outputs }) => outputs));
  const names = Object.keys(row?.values ?? {}).filter((name) => made.has(name));
  if (names.length === 0) return false;
  const layers = await it.explainer.infer(it.opened.model, { inputs, names });
  return Object.values(layers).every(({ data }) => [...data].every((value) => Number(value) === 0));
}

/**
 * Zero everywhere is the truth for steps and saturated scores, and where a ReLU cuts a map that is negative, but no map
 * of a layer.
 */
function valueFault(row: ExplainedRow | undefined, strategy: Strategy): string | undefined {
  const values = Object.values(row?.values ?? {}).flatMap(({ data }) => [...data]);
  if (values.length === 0) return 'gives no values';
  if (!values.every(Number.isFinite)) return 'gives values that are not finite';
  const isZero = strategy === 'activation' && values.every((value) => value === 0);
  return isZero ? ZERO : undefined;
}
