import { plugins } from '#plugins';
import { testMethod } from '../support/contract-suite.ts';

const others = plugins.map(({ method }) => method);

for (const method of others) testMethod(method, { others });
