/** Entry `whylight/testing` in Node: the contract suite over both engines, and the check of a ruleset's rules. */
import type { Engine } from '../core/engine/engine.ts';
import type { Method } from '../core/method/contract.ts';
import type { Metric } from '../core/metrics/metric.ts';
import type { ModalityContext } from '../core/modality/modality.ts';
import type { Model } from '../core/model/model.ts';
import type { Task } from '../core/task/task.ts';
import { type ContractOptions, checkContractOn, type Runner, registerContract, type Verdict } from './contract.ts';

export { checkGradient, type GradientCheck } from '../tools/check-gradient.ts';
export type { ContractOptions, Runner, Verdict } from './contract.ts';
export type { MetricOptions } from './metric-contract.ts';
export { type ModalityCase, testModality } from './modality-contract.ts';
export * from './models.ts';
export { checkDirection, checkRule, type Mismatch } from './rule-check.ts';
export type { TaskCase } from './task-contract.ts';

import { type MetricOptions, registerMetricContract } from './metric-contract.ts';
import { testTask as registerTask, type TaskCase } from './task-contract.ts';

let engines: Promise<readonly Engine[]> | undefined;

/**
 * Loads onnxruntime-node (one thread) and onnxruntime-web, once per process.
 * @returns both engines, in this order
 *
 * @example
 * import { bothEngines } from 'whylight/testing';
 * for (const engine of await bothEngines()) createExplainer({ methods: [saliency], engine });
 */
export function bothEngines(): Promise<readonly Engine[]> {
  engines ??= Promise.all([
    import('../node/onnxruntime-node.ts').then(({ onnxruntimeNode }) => onnxruntimeNode({ threads: 1 })),
    import('../node/onnxruntime-web.ts').then(({ onnxruntimeWeb }) => onnxruntimeWeb()),
  ]);
  return engines;
}

/**
 * Registers one test for each promise of the method contract and each trial model. A test file needs nothing else for
 * the contract.
 * @param runner `{ describe, it }` of the test runner; its globals when left out (vitest: `globals: true`)
 * @throws TypeError when there is no `describe` or `it`
 *
 * @example
 * import { describe, it } from 'vitest';
 * import { testMethod } from 'whylight/testing';
 * testMethod(myMethod, { params: { n_samples: 20 } }, { describe, it });
 * @see docs/plugins.md
 */
export function testMethod(method: Method, options: ContractOptions = {}, runner: Partial<Runner> = {}): void {
  registerContract(method, { engines: bothEngines, ...options }, runnerOf('testMethod', runner));
}

/**
 * Checks a method against the contract, without a test runner, on both engines.
 * @returns a verdict for each promise and model; a broken promise is not thrown
 *
 * @example
 * import { checkContract } from 'whylight/testing';
 * const verdicts = await checkContract(myMethod, { params: { n_samples: 20 } });
 * const broken = verdicts.filter(({ outcome }) => outcome === 'broken');
 * @see docs/plugins.md
 */
export const checkContract = (method: Method, options: ContractOptions = {}): Promise<Verdict[]> =>
  checkContractOn(method, { engines: bothEngines, ...options });

/**
 * Registers one test for each promise of the metric contract and each trial model.
 * @param runner `{ describe, it }` of the test runner; its globals when left out
 *
 * @example
 * import { testMetric } from 'whylight/testing';
 * testMetric(myMetric, { params: { steps: 5 } });
 * @see docs/plugins.md
 */
export const testMetric = (metric: Metric, options: MetricOptions = {}, runner: Partial<Runner> = {}): void =>
  registerMetricContract(metric, { engine: firstEngine, ...options }, runnerOf('testMetric', runner));

/**
 * Registers one test for each promise of the task contract and each case.
 * @param cases outputs of one row of a model, each with at least one prediction in it
 * @param runner `{ describe, it }` of the test runner; its globals when left out
 *
 * @example
 * import { float32, openGraph, testTask } from 'whylight/testing';
 * const { description } = await openGraph(graph);
 * testTask(myTask, [{ name: 'a clear yes', outputs: { logit: float32([1, 1], [4]) }, context: { description } }]);
 * @see docs/plugins.md
 */
export const testTask = (task: Task, cases: readonly TaskCase[], runner: Partial<Runner> = {}): void =>
  registerTask(task, cases, firstEngine, runnerOf('testTask', runner));

/**
 * Makes the context that a modality gets for a model: all of its inputs, and no files beside it.
 *
 * @example
 * import { modalityContext, openGraph, testModality } from 'whylight/testing';
 * const context = async () => modalityContext(await openGraph(graph));
 * testModality(myModality, [{ name: 'a strand', mediaType: 'text/plain', bytes, context }], { describe, it });
 */
export const modalityContext = ({ description }: Pick<Model, 'description'>): ModalityContext => ({
  description,
  inputs: description.inputs,
  files: { read: async () => undefined },
});

const firstEngine = async (): Promise<Engine> => (await bothEngines())[0] as Engine;

/** @throws TypeError when there is no `describe` or `it` */
function runnerOf(caller: string, given: Partial<Runner>): Runner {
  const { describe, it } = { ...(globalThis as Partial<Runner>), ...given };
  if (describe && it) return { describe, it };
  throw new TypeError(
    `${caller} found no describe and it: switch on the globals of your test runner (vitest: test.globals = true), or pass { describe, it }.`,
  );
}
