/** Feature masks by the modality that read the input: words of a text, columns of a table, windows of a signal. */
import type { ModelInfo } from '../../model/info.ts';
import { knownDims } from '../../model/known-dims.ts';
import { sizeOf } from '../../tensor/tensor.ts';

/** Features of a row: which of them each element belongs to. */
export interface FeatureMask {
  readonly features: number;
  /**
   * By input name: number of the feature of each element of a row; `features` for elements of none, which are never
   * absent. Features may span inputs.
   */
  readonly ids: Readonly<Record<string, Uint32Array>>;
  /** True if the value of a feature is shared out among its elements, which then add up to it. */
  readonly shared?: true;
  /** By input name, where every position is a feature, in order: the first one's number. */
  readonly first?: Readonly<Record<string, number>>;
}

/**
 * Makes the mask of the explained row's own features. Elements of none (special tokens, padding) are never absent.
 * @returns undefined where the modality names no features, or not for the elements of every input
 */
export function modalityMask({ features, inputs }: Pick<ModelInfo, 'features' | 'inputs'>): FeatureMask | undefined {
  if (!features || features.count === 0) return undefined;
  const { count, mask } = features;
  const covered = inputs.every((input) => mask[input.name]?.length === sizeOf(knownDims(input)));
  if (!covered) return undefined;
  const ids = Object.fromEntries(
    inputs.map(({ name }) => [name, Uint32Array.from(mask[name] as Int32Array, (id) => (id < 0 ? count : id))]),
  );
  return { features: count, ids, shared: true };
}

/** {@link modalityMask} for inputs without space, whose positions (tokens, numbers) have no neighbourhood of their own. */
export const wordMask = (model: Pick<ModelInfo, 'features' | 'inputs'>): FeatureMask | undefined =>
  model.inputs.some(({ channelAxis }) => channelAxis !== undefined) ? undefined : modalityMask(model);
