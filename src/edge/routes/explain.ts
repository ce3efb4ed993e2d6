import { Hono } from 'hono';
import { setMetric } from 'hono/timing';
import { encodeResponse, HEADER_LENGTH, type NamedOutput } from '../../core/engine/open-inference.ts';
import { WhylightError } from '../../core/errors.ts';
import type { Explanation } from '../../core/explainer.ts';
import { cacheKey } from '../cache/key.ts';
import { explanationOutputs, explanationParameters, explanationPicture } from '../explain/answer.ts';
import { type Body, readBody } from '../explain/body.ts';
import { cacheControl, remember } from '../explain/remember.ts';
import { readSettings } from '../explain/settings.ts';
import { subjectOf } from '../explain/subject.ts';
import { negotiate } from '../negotiate.ts';
import { type EdgeEnv, type Services, waitUntilOf } from '../services.ts';
import { methodFor, paramsFor } from '../tenants/tenant.ts';
import { modelOf, modelPaths } from './models.ts';

/** `hit`, `miss`, or `bypass` when the client wanted a fresh answer. */
export const CACHE_STATE = 'X-Whylight-Cache';

/**
 * `POST /v2/models/{model}/explain`: which parts of the input made the model answer so. As JSON in the Open Inference
 * Protocol, or as a picture.
 */
export const explainRoutes = (services: Services) =>
  new Hono<EdgeEnv>().on('POST', modelPaths('/explain'), async (c) => {
    const { explainer, cache, codecs, limits, pause } = services;
    const type = negotiate(c.req.header('Accept'), ['application/json', 'image/png']);
    const tenant = c.get('tenant');
    const waitUntil = waitUntilOf(c);
    const { model, identity } = await modelOf(c, services);
    const body = await readBody(c);
    const {
      method: id,
      target,
      scores,
      seed,
      top,
      ...settings
    } = readSettings({ ...c.req.query(), ...body.parameters });
    const entry = methodFor(tenant, id, explainer.methods);
    const params = paramsFor(tenant, entry, settings.params);
    const subject = subjectOf(body, model, codecs);
    const key = await cacheKey({
      scope: tenant.id,
      model: identity,
      method: id,
      revision: entry.method.revision,
      params,
      target,
      scores,
      seed,
      top,
      input: await subject.digest(),
    });

    const { explanation, state } = await remember(
      { cache, key, allowed: cacheControl(c.req.header('Cache-Control')), log: c.get('log'), waitUntil },
      async () => {
        const inputs = await subject.inputs();
        const maxSamples = Math.min(limits.maxSamples, tenant.max_samples ?? limits.maxSamples);
        return explainer.explain(
          model,
          { method: id, params, target, scores, seed, top, inputs },
          { signal: c.req.raw.signal, waitUntil, maxSamples, ...(pause && { pause }) },
        );
      },
    );
    if (state !== 'hit') {
      for (const step of ['compile', 'session', 'run'] as const) setMetric(c, step, explanation.timings[step]);
    }
    c.header(CACHE_STATE, state);
    c.header('Cache-Control', 'private');
    c.header('Vary', 'Accept, Authorization, X-Api-Key');
    describeTarget(explanation, (name, value) => c.header(name, value));

    if (type === 'image/png') {
      const picture = explanationPicture(explanation, await subject.photo(), settings.overlay, settings.choseOverlay);
      const png = await codecs.encodePng(picture);
      return c.body(png as Uint8Array<ArrayBuffer>, 200, { 'Content-Type': 'image/png' });
    }
    const request = body.kind === 'tensors' ? body.request : undefined;
    const { body: bytes, headerLength } = encodeResponse(
      {
        ...(request?.id !== undefined && { id: request.id }),
        modelName: model.name,
        modelVersion: model.version,
        parameters: explanationParameters(explanation, key),
        outputs: wanted(explanationOutputs(explanation), request),
      },
      isBinary(request),
    );
    if (headerLength !== undefined) c.header(HEADER_LENGTH, String(headerLength));
    return c.body(bytes, 200, {
      'Content-Type': headerLength === undefined ? 'application/json' : 'application/octet-stream',
    });
  });

type Request = (Body & { kind: 'tensors' })['request'] | undefined;

/**
 * The outputs that the request names, in its order; all when it names none.
 * @throws WhylightError `invalid_request`
 */
export function wanted(outputs: readonly NamedOutput[], request: Request): readonly NamedOutput[] {
  if (!request || request.outputs.length === 0) return outputs;
  return request.outputs.map(({ name }, i) => {
    const output = outputs.find((candidate) => candidate.name === name);
    if (output) return output;
    const names = outputs.map((candidate) => candidate.name);
    const detail = `There is no output "${name}": there are ${names.join(', ')}.`;
    throw new WhylightError('invalid_request', detail, {
      allowed: names,
      errors: [{ detail, pointer: `#/outputs/${i}/name` }],
    });
  });
}

/** Whether an output leaves as bytes: its own word counts more than that of the whole request. */
export const isBinary =
  (request: Request) =>
  (name: string): boolean =>
    request?.outputs.find((output) => output.name === name)?.binary ?? request?.binaryOutput ?? false;

/** For clients that only look at the picture. A label may hold any character, so it is percent-encoded. */
function describeTarget({ rows }: Explanation, set: (name: string, value: string) => void): void {
  const [row] = rows;
  if (!row || rows.length !== 1) return;
  set('X-Whylight-Score', String(row.score));
  if (row.target.index !== undefined) set('X-Whylight-Target', String(row.target.index));
  if (row.target.label !== undefined) set('X-Whylight-Label', encodeURIComponent(row.target.label));
  const probability = row.top.find(({ index }) => index === row.target.index)?.probability;
  if (probability !== undefined) set('X-Whylight-Probability', String(probability));
}
