/** `whylight/testing` in a Worker: the suite over the engine of the isolate. */
import type { Method } from '../core/method/contract.ts';
import { onnxruntimeWorkerd } from '../edge/workerd/onnxruntime-workerd.ts';
import { type ContractOptions, checkContractOn, type Verdict } from './contract.ts';

export { checkGradient, type GradientCheck } from '../tools/check-gradient.ts';
export type { ContractOptions, Verdict } from './contract.ts';
export * from './models.ts';

/**
 * Checks a method against the contract, without a test runner, on the engine of the isolate.
 * @returns a verdict for each promise and model; a broken promise is not thrown
 *
 * @example
 * import { checkContract } from 'whylight/testing';
 * const verdicts = await checkContract(myMethod, { params: { n_samples: 20 } });
 * const broken = verdicts.filter(({ outcome }) => outcome === 'broken');
 * @see docs/plugins.md
 */
export const checkContract = (method: Method, options: ContractOptions = {}): Promise<Verdict[]> =>
  checkContractOn(method, { engines: async () => [onnxruntimeWorkerd()], ...options });
