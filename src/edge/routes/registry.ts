import { type Context, Hono } from 'hono';
import { z } from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { HEADER_LENGTH } from '../../protocol/open-inference.ts';
import { ownerOf } from '../models/catalogue.ts';
import { inspectModel, tryModel } from '../models/inspection.ts';
import { defaultVersion, type ModelRecord, type ModelRegistry, NAME, type VersionRecord } from '../models/registry.ts';
import { readUpload } from '../models/upload.ts';
import { type EdgeEnv, type Services, waitUntilOf } from '../services.ts';

/** Bytes of a model's files: beside its session, an isolate holds them once. */
const MOST_BYTES = 32 * 2 ** 20;

const pinSchema = z.strictObject({ version: z.string().nullable() });

/**
 * Uploading models, which are live without a deploy; the guard asks for the scope `admin`.
 *
 * - `PUT /v2/models/{model}/versions/{version}`: adds a version; the body as `models/upload.ts` says.
 * - `GET /v2/models/{model}/versions`: lists them.
 * - `PUT /v2/models/{model}/default` with `{"version": "2"}`: pins the default version; `null` makes it the newest again.
 * - `DELETE /v2/models/{model}[/versions/{version}]`
 */
export const registryRoutes = (services: Services) =>
  new Hono<EdgeEnv>()
    .put('/v2/models/:model/versions/:version', async (c) => {
      const { model: name, version } = namesOf(c);
      const { registry, owner } = mine(c, services, name);
      const upload = await readUpload(c.req.raw.body, {
        header: c.req.header(HEADER_LENGTH),
        body: c.req.header('Content-Length'),
        most: MOST_BYTES,
      });
      const { explainer } = services;
      const { record, created, model } = await registry.add(owner, name, version, upload, (candidate) =>
        tryModel(explainer, candidate, waitUntilOf(c)),
      );
      const { inputs, outputs, scores, camLayer, memory, operators, methods } = inspectModel(explainer, model);
      c.header('Location', `/v2/models/${name}/versions/${version}`);
      return c.json(
        {
          name,
          ...describe(version, record),
          inputs,
          outputs,
          scores: scores.tensor,
          target_layer: camLayer?.name,
          memory,
          operators_without_rule: operators.filter(({ rule }) => rule === 'missing').map(({ op }) => op),
          methods: methods.filter(({ runs }) => runs).map(({ method }) => method),
        },
        created ? 201 : 200,
      );
    })
    .get('/v2/models/:model/versions', async (c) => {
      const tenant = c.get('tenant');
      const name = c.req.param('model');
      const uploaded = await services.models.uploaded(name, tenant);
      if (uploaded) return c.json(list(name, uploaded.record));
      const { model } = await services.models.get(name, tenant, waitUntilOf(c));
      return c.json({ name, default: model.version, versions: [{ version: model.version, digest: model.digest }] });
    })
    .put('/v2/models/:model/default', async (c) => {
      const { model: name } = namesOf(c);
      const { registry, owner } = mine(c, services, name);
      const body = pinSchema.safeParse(await c.req.json().catch(() => undefined));
      if (!body.success) {
        throw new WhylightError('invalid_request', 'The body must be {"version": "..."}, or {"version": null}.');
      }
      return c.json(list(name, await registry.pin(owner, name, body.data.version)));
    })
    .on('DELETE', ['/v2/models/:model', '/v2/models/:model/versions/:version'], async (c) => {
      const { model: name, version } = namesOf(c);
      const { registry, owner } = mine(c, services, name);
      await registry.remove(owner, name, version);
      return c.body(null, 204);
    });

/** @throws WhylightError `forbidden` for a model that is shipped; `not_found` where nothing can be uploaded. */
function mine(c: Context<EdgeEnv>, { models }: Services, name: string): { registry: ModelRegistry; owner: string } {
  const tenant = c.get('tenant');
  if (!models.registry) throw new WhylightError('not_found', 'Models cannot be uploaded to this server.');
  if (models.isShipped(name, tenant)) {
    throw new WhylightError(
      'forbidden',
      `${name} is shipped with the server and stays as it is: upload under another name.`,
    );
  }
  c.get('seen').model = name;
  return { registry: models.registry, owner: ownerOf(tenant) };
}

/** @throws WhylightError `invalid_request` */
function namesOf(c: Context<EdgeEnv>): { model: string; version: string } {
  const { model, version } = c.req.param() as { model: string; version: string };
  for (const name of [model, version]) {
    if (name === undefined || NAME.test(name)) continue;
    throw new WhylightError(
      'invalid_request',
      `"${name}" cannot be a name or a version: use up to 64 letters, digits, dots, dashes and underscores.`,
    );
  }
  return { model, version };
}

const describe = (version: string, { digest, created, bytes }: VersionRecord) => ({ version, digest, created, bytes });

const list = (name: string, record: ModelRecord) => ({
  name,
  default: defaultVersion(record),
  pinned: record.pinned !== undefined,
  versions: Object.entries(record.versions).map(([version, entry]) => describe(version, entry)),
});
