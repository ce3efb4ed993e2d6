/** The contract suite as plugin authors have it, under this project's test runner. */
import { describe, it } from 'vitest';
import type { Method } from '../../src/core/method/contract.ts';
import type { ContractOptions } from '../../src/testing/contract.ts';
import { testMethod as test } from '../../src/testing/node.ts';

export const testMethod = (method: Method, options?: ContractOptions): void => test(method, options, { describe, it });
