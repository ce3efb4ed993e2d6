/** Comparisons of a version of a model with its shadow, and their sink in the Analytics Engine. */
import { type Dataset, MAX_INDEX_BYTES } from './analytics-engine.ts';

/** Comparison of an explanation with that of the shadow. */
export interface ShadowFacts {
  readonly tenant: string;
  readonly model: string;
  readonly method: string;
  /** Version that answered, and version that ran beside it. */
  readonly version: string;
  readonly shadow: string;
  /** Spearman's rank correlation of the two maps, the mean over the rows; 0 for maps of different sizes. */
  readonly correlation: number;
  /** Share of the rows with the same top class. */
  readonly agreement: number;
}

/** Makes a sink of comparisons. Queries rely on the order of blobs and doubles: append only. */
export const analyticsEngineShadows =
  (dataset: Dataset) =>
  ({ tenant, model, method, version, shadow, correlation, agreement }: ShadowFacts): void => {
    dataset.writeDataPoint({
      indexes: [`${tenant}/${model}`.slice(0, MAX_INDEX_BYTES)],
      blobs: [model, method, version, shadow],
      doubles: [correlation, agreement],
    });
  };
