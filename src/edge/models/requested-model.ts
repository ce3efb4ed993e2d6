/** Looks up the model that a request names. */
import type { Context } from 'hono';
import { type EdgeEnv, waitUntilOf } from '../http/env.ts';
import type { ModelCatalogue, ServedModel } from './catalogue.ts';

/** A model, and its default version unless one is named. */
export interface ModelName {
  readonly model: string;
  readonly version?: string;
}

/**
 * Returns the model of a request, and records its name for metrics.
 * @param name taken from the path when left out
 * @throws WhylightError `model_not_found`
 */
export async function requestedModel(
  c: Context<EdgeEnv>,
  models: ModelCatalogue,
  { model, version }: ModelName = c.req.param() as unknown as ModelName,
): Promise<ServedModel> {
  const served = await models.get(model, c.get('tenant'), waitUntilOf(c), version);
  c.get('seen').model = served.model.name;
  return served;
}
