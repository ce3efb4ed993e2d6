/** Features of a row that a modality prepared: their values, and the row without one of them. */
import type { Feature, Features } from '../modality/modality.ts';
import { valuesByInput } from '../model/embeddings/values-by-input.ts';
import type { BoundInfo } from '../model/model.ts';
import { baselineOf } from '../strategy/baseline.ts';
import type { Float32Tensors, Inputs } from '../tensor/rows.ts';
import { type Tensor, tensor } from '../tensor/tensor.ts';
import type { FeatureValue } from './feature-value.ts';

/**
 * The attribution by the inputs that features lie in: those of embeddings count for the input that is looked up, and a
 * map with one value for each token counts for the tokens of the input. Undefined for the attribution of any other inner
 * layer, which has no place in the input.
 */
export function attributionByInput(
  { sources }: Pick<BoundInfo, 'sources'>,
  values: Float32Tensors,
  { mask }: Features,
): Float32Tensors | undefined {
  const byInput = valuesByInput(sources, values, (input) => mask[input]?.length ?? 0);
  return Object.keys(mask).some((name) => byInput[name]) ? byInput : alongTokens(values, mask);
}

/** The map of a layer [1, tokens, 1] for the first input with features that has as many elements. */
function alongTokens(values: Float32Tensors, mask: Features['mask']): Float32Tensors | undefined {
  const [map, ...others] = Object.values(values);
  const [, tokens, channels] = map?.dims ?? [];
  if (!map || others.length > 0 || map.dims.length !== 3 || channels !== 1) return undefined;
  const input = Object.keys(mask).find((name) => {
    const features = mask[name];
    return features !== undefined && features.length === tokens && features.some((feature) => feature >= 0);
  });
  return input === undefined ? undefined : { [input]: map };
}

/** Features of an answer with their values, and with their standard errors where these are known. */
export const listFeatures = (
  { list }: Features,
  values: ArrayLike<number>,
  errors?: ArrayLike<number>,
): FeatureValue[] =>
  list.map(({ name, start, end }: Feature, i) => ({
    name,
    value: values[i] as number,
    ...(errors && { standardError: errors[i] as number }),
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
  }));

/**
 * The inputs without one feature: its elements hold the baseline of the request, else 0.
 * @param baselines one row by input name
 * @returns undefined where no input holds the feature
 */
export function withoutFeature(
  info: Pick<BoundInfo, 'inputs'>,
  { mask }: Features,
  feature: number,
  inputs: Inputs,
  baselines: Inputs,
): { readonly inputs: Inputs; readonly by: 'absent' | 'zero' } | undefined {
  const hidden: Record<string, Tensor> = {};
  for (const [name, indices] of Object.entries(mask)) {
    const own = inputs[name];
    const described = info.inputs.find((input) => input.name === name);
    if (!own || !described || !indices.includes(feature)) continue;
    const absent = baselineOf(own, described, 0, baselines);
    const without = tensor(own.dtype, own.dims);
    for (let i = 0; i < own.data.length; i++) {
      without.data[i] = (indices[i] === feature ? absent : own).data[i] as never;
    }
    hidden[name] = without;
  }
  const names = Object.keys(hidden);
  if (names.length === 0) return undefined;
  return { inputs: { ...inputs, ...hidden }, by: names.every((name) => baselines[name]) ? 'absent' : 'zero' };
}
