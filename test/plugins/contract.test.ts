import { plugins } from '#plugins';
import { testMethod } from '../support/contract-suite.ts';

for (const { method } of plugins) testMethod(method);
