/** Entry `whylight/testing` in Node: the contract suite over both engines, and the check of a ruleset's rules. */
import type { Engine } from '../core/engine/engine.ts';
import type { Method } from '../core/method/contract.ts';
import { type ContractOptions, checkContractOn, type Runner, registerContract, type Verdict } from './contract.ts';

export { checkGradient, type GradientCheck } from '../tools/check-gradient.ts';
export type { ContractOptions, Runner, Verdict } from './contract.ts';
export { type ModalityCase, testModality } from './modality-contract.ts';
export * from './models.ts';
export { checkDirection, checkRule, type Mismatch } from './rule-check.ts';

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
  const { describe, it } = { ...(globalThis as Partial<Runner>), ...runner };
  if (!describe || !it) {
    throw new TypeError(
      'testMethod found no describe and it: switch on the globals of your test runner (vitest: test.globals = true), or pass { describe, it }.',
    );
  }
  registerContract(method, { engines: bothEngines, ...options }, { describe, it });
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
