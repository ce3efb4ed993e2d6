import { describe } from 'vitest';
import { plugins } from '#plugins';
import { testMethod } from '../support/contract-suite.ts';

const others = plugins.map(({ method }) => method);

for (const method of others) testMethod(method, { others });

// By default these look at a feature map, which a vector and a token model do not have.
const inner = { target_layer: 'logits' };
describe('neuron methods at the logits', () => {
  for (const method of others) if (method.id.startsWith('neuron_')) testMethod(method, { others, params: inner });
});
