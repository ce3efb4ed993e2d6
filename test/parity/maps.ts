/** Attributions as plain numbers, for checks. */
import type { Explainer } from '../../src/core/explainer/explainer.ts';
import type { ExplainRequest } from '../../src/core/explainer/request.ts';
import type { Model } from '../../src/core/model/model.ts';

/** The attributions of the first row, by tensor name. */
export async function mapsOf(
  explainer: Explainer,
  model: Model,
  request: ExplainRequest,
): Promise<Readonly<Record<string, Float32Array>>> {
  const { rows } = await explainer.explain(model, request);
  return Object.fromEntries(Object.entries(rows[0]?.values ?? {}).map(([name, { data }]) => [name, data]));
}
