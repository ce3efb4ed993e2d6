/** Reads the job of a request, and draws its result. */
import type { Context } from 'hono';
import { WhylightError } from '../../core/errors.ts';
import { explanationImage } from '../../protocol/explanation-image.ts';
import type { EdgeEnv } from '../http/env.ts';
import type { StoredResult } from '../jobs/contents.ts';
import type { Job } from '../jobs/job.ts';
import { requestedModel } from '../models/requested-model.ts';
import type { Services } from '../services.ts';
import { limitsFor } from '../tenants/tenant.ts';
import { inputOf } from './input.ts';
import { readSettings } from './settings.ts';

/**
 * Finds the job that the path names.
 * @throws WhylightError `not_found`, also for a job of another tenant
 */
export async function requestedJob(c: Context<EdgeEnv>, { jobs }: Pick<Services, 'jobs'>): Promise<Job> {
  const id = c.req.param('id') ?? '';
  const job = /^[0-9a-f]{32}$/.test(id) ? await jobs?.get(c.get('tenant').id, id) : undefined;
  if (job) return job;
  throw new WhylightError('not_found', 'There is no job with this id: it was removed, or never existed.');
}

/**
 * Draws a result as the job's request asked for; parameters of the query override it, since another colour map needs no
 * other run.
 * @returns a PNG file
 */
export async function drawResult(
  c: Context<EdgeEnv>,
  services: Services,
  { explanation, model: { name, version }, wanted }: StoredResult,
): Promise<Uint8Array> {
  const { codecs, limits, jobs } = services;
  const served = await requestedModel(c, services.models, { model: name, version });
  const settings = readSettings({ ...wanted.overlay, ...c.req.query(), method: explanation.method });
  const key = wanted.image ?? wanted.picture;
  const bytes = key === undefined ? undefined : await jobs?.files.get(key);
  const { maxPixels } = limitsFor(c.get('tenant'), limits);
  const input = bytes && inputOf({ kind: 'image', bytes, parameters: {} }, served, services, maxPixels);
  const choseOverlay = wanted.choseOverlay || c.req.query('overlay') !== undefined;
  return codecs.encodePng(explanationImage(explanation, await input?.image(), settings.overlay, choseOverlay));
}
