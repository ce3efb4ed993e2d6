import { expect, it } from 'vitest';
import { float32 } from '../../src/core/tensor/tensor.ts';
import values from '../../src/tasks/values.ts';
import { described, input } from './support.ts';

it('reads values in front of an activation where a run gives nothing else', () => {
  const y = float32([1, 3], [0.2, 0.9, 0.5]);
  const logits = float32([1, 3], [1, 5, 2]);
  const description = described([input([1, 3, 8, 8])], { y, logits }, { activation: 'sigmoid', logits: 'logits' });
  expect(values.read({ logits }, { description, metadata: {} })[0]).toEqual({ score: 5, position: 1 });
});
