/** The contract suite as plugin authors have it, under this project's test runner. */
import { describe, it } from 'vitest';
import type { Method } from '../../src/core/method/contract.ts';
import type { ContractOptions, Runner } from '../../src/testing/contract.ts';
import { testMethod as test } from '../../src/testing/node.ts';

/** Without the context of the test: promises that a built-in method does not make are no skipped tests of the project. */
const runner: Runner = { describe, it: (title, test) => it(title, () => test()) };

export const testMethod = (method: Method, options?: ContractOptions): void => test(method, options, runner);
