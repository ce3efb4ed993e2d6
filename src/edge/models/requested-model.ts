/** Looks up the model that a request names. */
import type { Context } from 'hono';
import { type EdgeEnv, waitUntilOf } from '../http/env.ts';
import type { ModelCatalogue } from './catalogue.ts';
import type { ServedModel } from './served-model.ts';

/** A model, and its default version unless one is named. */
export interface ModelName {
  readonly model: string;
  readonly version?: string;
}

/** Model and version that the path of a request names. */
export const modelNameOf = (c: Context<EdgeEnv>): ModelName => ({
  model: c.req.param('model') as string,
  version: c.req.param('version'),
});

/**
 * Returns the model of a request, and records its name for metrics.
 * @param name taken from the path when left out
 * @throws WhylightError `model_not_found`
 */
export async function requestedModel(
  c: Context<EdgeEnv>,
  models: ModelCatalogue,
  { model, version }: ModelName = modelNameOf(c),
): Promise<ServedModel> {
  const served = await models.get(model, c.get('tenant'), waitUntilOf(c), version);
  c.get('seen').model = served.model.name;
  return served;
}
