import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { safeParse } from '../../core/safe-parse.ts';
import { HEADER_LENGTH } from '../../protocol/open-inference.ts';
import { jsonOf } from '../http/arriving.ts';
import { linkTo } from '../http/base-path.ts';
import { waitUntilOf } from '../http/env.ts';
import { noRecord } from '../models/model-record.ts';
import { readUpload } from '../models/upload.ts';
import { answer, bytes, done, json, jsonBody } from '../openapi/content.ts';
import { defineRoute } from '../openapi/route.ts';
import * as schemas from '../openapi/schemas.ts';
import { inspectUpload } from './inspect-upload.ts';
import { modelView, namesOf, ownersModels, versionView, writable } from './uploaded-model.ts';

/** Maximum bytes of a model's files: an isolate holds them once, beside the session. */
const MAX_BYTES = 32 * 2 ** 20;

const pin = z.strictObject({ version: z.string().nullable() });

/** Uploads a version of a model. It is live without a deploy. */
export const uploadModel = defineRoute(
  {
    id: 'uploadModel',
    method: 'put',
    path: '/v2/models/{model}/versions/{version}',
    tag: 'uploads',
    summary: 'Uploads a version of a model: live without a deploy.',
    description: 'The body is the ONNX file, or its manifest as JSON followed by the files: see docs/operate.md.',
    access: 'admin',
    cost: 'upload',
    requestHeaders: ['Inference-Header-Content-Length'],
    request: { query: schemas.ownerQuery, body: { required: true, content: { 'application/octet-stream': bytes } } },
    responses: {
      ...answer(
        schemas.uploadedModel,
        'The same version was uploaded before; files that were damaged in the store are repaired.',
      ),
      201: { content: json(schemas.uploadedModel), description: 'The version was added.' },
    },
    headers: ['Location'],
  },
  (services) => async (c) => {
    const { model: name, version } = namesOf(c);
    const { registry, owner } = writable(c, services, name);
    const upload = await readUpload(c.req.raw.body, {
      header: c.req.header(HEADER_LENGTH),
      body: c.req.header('Content-Length'),
      maxBytes: MAX_BYTES,
    });
    const { record, created, repaired, accepted } = await registry.add(owner, name, version, upload, (arrived) =>
      inspectUpload(c, services, registry.turns, arrived),
    );
    c.header('Location', linkTo(c, `/v2/models/${name}/versions/${version}`));
    const { digest: _, ...facts } = accepted;
    const view = { name, ...versionView(version, record), ...facts, ...(repaired.length > 0 && { repaired }) };
    return c.json(view, created ? 201 : 200);
  },
);

/** Lists the versions of a model. */
export const modelVersions = defineRoute(
  {
    id: 'listVersions',
    method: 'get',
    path: '/v2/models/{model}/versions',
    tag: 'uploads',
    summary: 'Lists the versions of a model.',
    access: 'key',
    cost: 'none',
    request: { query: schemas.ownerQuery },
    responses: answer(schemas.modelVersions, 'The versions.'),
  },
  (services) => async (c) => {
    const tenant = c.get('tenant');
    const name = c.req.param('model') ?? '';
    if (c.req.query('owner') !== undefined) {
      const { registry, owner } = ownersModels(c, services, name);
      return c.json(modelView(name, (await registry.find(owner, name)) ?? noRecord(name)));
    }
    const uploaded = await services.models.uploaded(name, tenant);
    if (uploaded) return c.json(modelView(name, uploaded.record));
    const { model } = await services.models.get(name, tenant, waitUntilOf(c));
    return c.json({ name, default: model.version, versions: [{ version: model.version, digest: model.digest }] });
  },
);

/** Pins the default version of a model. */
export const pinVersion = defineRoute(
  {
    id: 'pinVersion',
    method: 'put',
    path: '/v2/models/{model}/default',
    tag: 'uploads',
    summary: 'Pins the default version; null makes it the newest again.',
    access: 'admin',
    cost: 'none',
    request: { query: schemas.ownerQuery, body: jsonBody(pin, { version: '2' }) },
    responses: answer(schemas.modelVersions, 'The versions.'),
  },
  (services) => async (c) => {
    const { model: name } = namesOf(c);
    const { registry, owner } = writable(c, services, name);
    const body = safeParse(pin, await jsonOf(c));
    if (!body.success) {
      throw new WhylightError('invalid_request', 'The body must be {"version": "..."}, or {"version": null}.');
    }
    return c.json(modelView(name, await registry.pin(owner, name, body.data.version)));
  },
);

/** Deletes an uploaded model, or one version of it. */
export const deleteModel = defineRoute(
  {
    id: 'deleteModel',
    method: 'delete',
    path: '/v2/models/{model}',
    versioned: true,
    tag: 'uploads',
    summary: 'Deletes an uploaded model, or a version of it.',
    access: 'admin',
    cost: 'none',
    request: { query: schemas.ownerQuery },
    responses: done,
  },
  (services) => async (c) => {
    const { model: name, version } = namesOf(c);
    const { registry, owner } = writable(c, services, name);
    await registry.remove(owner, name, version);
    return c.body(null, 204);
  },
);
