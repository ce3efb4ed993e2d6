/** Attributions by the inputs that features lie in. */
import { describe, expect, it } from 'vitest';
import { attributionByInput } from '../../../src/core/explainer/features.ts';
import { foldSums } from '../../../src/core/modality/fold.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';

/** Four tokens: two pieces of one word between two special ones. */
const features = {
  list: [{ name: 'word' }],
  mask: { input_ids: Int32Array.of(-1, 0, 0, -1), token_type_ids: Int32Array.of(-1, -1, -1, -1) },
};
const model = { sources: [{ name: 'embedded', input: 'input_ids', dtype: 'float32' as const, dims: [4, 2] }] };

describe('attributionByInput', () => {
  it('counts the values of an embedding for the input that is looked up', () => {
    const values = float32([1, 4, 2], [9, 9, 1, 2, 3, 4, 9, 9]);
    const byInput = attributionByInput(model, { embedded: values }, features);
    expect(byInput).toEqual({ input_ids: values });
    expect([...foldSums(byInput ?? {}, features)]).toEqual([10]);
  });

  it('counts a map over the tokens of a layer for the words of the input', () => {
    const map = float32([1, 4, 1], [9, 0.25, 0.5, 9]);
    const byInput = attributionByInput(model, { layer: map }, features);
    expect(byInput).toEqual({ input_ids: map });
    expect([...foldSums(byInput ?? {}, features)]).toEqual([0.75]);
  });

  it.each([[[1, 4, 2]], [[1, 5, 1]], [[1, 4]]])('finds no place for a layer of shape %j', (dims) => {
    expect(attributionByInput(model, { layer: float32(dims) }, features)).toBeUndefined();
  });
});
