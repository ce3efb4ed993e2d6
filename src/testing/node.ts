/** `whylight/testing` in Node: the contract suite over both engines, and the check of a ruleset's rules. */
import type { Engine } from '../core/engine/engine.ts';
import type { Method } from '../core/method/contract.ts';
import { type ContractOptions, checkContractOn, type Runner, registerContract, type Verdict } from './contract.ts';

export { checkGradient, type GradientCheck } from '../tools/check-gradient.ts';
export type { ContractOptions, Runner, Verdict } from './contract.ts';
export * from './models.ts';
export { checkDirection, checkRule, type Mismatch } from './rule-check.ts';

let engines: Promise<readonly Engine[]> | undefined;

/** onnxruntime-node and onnxruntime-web, loaded when they are first asked for. */
export function bothEngines(): Promise<readonly Engine[]> {
  engines ??= Promise.all([
    import('../node/onnxruntime-node.ts').then(({ onnxruntimeNode }) => onnxruntimeNode({ threads: 1 })),
    import('../node/onnxruntime-web.ts').then(({ onnxruntimeWeb }) => onnxruntimeWeb()),
  ]);
  return engines;
}

/**
 * Holds a method against the contract: one test for each promise and model. A test file calls this and is done with the
 * contract.
 * @param runner `{ describe, it }` of the test runner; its globals when left out (vitest: `globals: true`)
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

/** Checks a method without a test runner. @returns a verdict for each promise and model */
export const checkContract = (method: Method, options: ContractOptions = {}): Promise<Verdict[]> =>
  checkContractOn(method, { engines: bothEngines, ...options });
