/** Looks up the model that a request names. */
import type { Context } from 'hono';
import { WhylightError } from '../../core/errors.ts';
import { fnv1a } from '../../core/fnv.ts';
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
  const served = await seen(c, model, models.get(model, c.get('tenant'), waitUntilOf(c), version));
  c.get('seen').model = served.model.name;
  return served;
}

/**
 * Returns the model that answers a request: that of the path, where a canary may take the place of the default version.
 * @param get `unread` for callers that ask again where the nodes of the model are needed, see `ModelCatalogue.unread`
 * @throws WhylightError `model_not_found`
 */
export async function answeringModel(
  c: Context<EdgeEnv>,
  models: ModelCatalogue,
  { model, version }: ModelName = modelNameOf(c),
  get: 'get' | 'unread' = 'get',
): Promise<ServedModel> {
  const chance = chanceOf(c.get('requestId'));
  const served = await seen(c, model, models[get](model, c.get('tenant'), waitUntilOf(c), version, chance));
  c.get('seen').model = served.model.name;
  c.header('X-Whylight-Version', served.model.version);
  return served;
}

/** Records the name of a model that is there and damaged. Names that nobody has stay out of logs and metrics. */
async function seen(c: Context<EdgeEnv>, name: string, found: Promise<ServedModel>): Promise<ServedModel> {
  try {
    return await found;
  } catch (error) {
    if (WhylightError.is(error, 'model_damaged')) c.get('seen').model = name;
    throw error;
  }
}

/**
 * Number from 0 to 1 that belongs to a request: the same for the same id (FNV-1a of 32 bits, mixed as MurmurHash3 ends).
 * @param salt tells choices apart that must not depend on each other
 */
export function chanceOf(requestId: string, salt = ''): number {
  let hash = fnv1a(Array.from(`${salt}${requestId}`, (character) => character.codePointAt(0) as number));
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
