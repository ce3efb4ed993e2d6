/** Inspection of an upload at an origin, or in slices in the isolate. */
import type { Context } from 'hono';
import { WhylightError } from '../../core/errors.ts';
import { tracedHeaders } from '../explain/traced-headers.ts';
import { type EdgeEnv, waitUntilOf } from '../http/env.ts';
import type { ArrivedUpload } from '../models/arrived-upload.ts';
import type { Turns } from '../models/slices.ts';
import type { UploadReport } from '../models/upload-report.ts';
import type { OriginRunner } from '../origin/origin-runner.ts';
import type { Services } from '../services.ts';

/** Milliseconds that an inspection at an origin may take, the wait for its turn included. */
const ORIGIN_MS = 120_000;

/**
 * Inspects an upload: at an origin where one is configured and the tenant may use it, since it takes an isolate seconds for
 * which others would wait, otherwise here, one upload at a time.
 * @throws WhylightError `invalid_model`, `invalid_config`, `payload_too_large`; `origin_unavailable`, `overloaded`,
 * `deadline_exceeded`
 */
export async function inspectUpload(
  c: Context<EdgeEnv>,
  services: Pick<Services, 'explainer' | 'origin'>,
  turns: Turns,
  upload: ArrivedUpload,
): Promise<UploadReport> {
  const { origin } = services;
  const isAllowed = c.get('tenant').routes.includes('origin');
  const report = origin && isAllowed ? await atOrigin(c, origin, upload) : undefined;
  return report ?? inIsolate(c, services, turns, upload);
}

/** @returns undefined for an origin that stores no uploaded models, or is older than this edge */
async function atOrigin(
  c: Context<EdgeEnv>,
  origin: OriginRunner,
  upload: ArrivedUpload,
): Promise<UploadReport | undefined> {
  const connection = { signal: c.req.raw.signal, trace: tracedHeaders(c) };
  try {
    return await origin.inspect(upload.name, { ...connection, bundle: upload, deadline: ORIGIN_MS });
  } catch (error) {
    if (WhylightError.is(error, 'origin_error') && error.details.status === 404) return undefined;
    throw error;
  }
}

const inIsolate = (
  c: Context<EdgeEnv>,
  { explainer }: Pick<Services, 'explainer'>,
  turns: Turns,
  upload: ArrivedUpload,
): Promise<UploadReport> =>
  turns.run(async (pause) => {
    const read = (path: string) => upload.read(path);
    const { inspectFiles, tryUpload } = await import('../models/inspection.ts');
    const { model, report } = await inspectFiles(upload.name, read, explainer.methods, pause);
    await tryUpload(explainer, model, { waitUntil: waitUntilOf(c), signal: c.req.raw.signal });
    return report;
  });
