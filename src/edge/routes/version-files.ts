import { WhylightError } from '../../core/errors.ts';
import { versionOf } from '../models/model-record.ts';
import { answer, bytes } from '../openapi/content.ts';
import { defineRoute } from '../openapi/route.ts';
import * as schemas from '../openapi/schemas.ts';
import { namesOf, ownersModels } from './uploaded-model.ts';

/** Lists the files of an uploaded version. */
export const versionFiles = defineRoute(
  {
    id: 'listFiles',
    method: 'get',
    path: '/v2/models/{model}/versions/{version}/files',
    tag: 'uploads',
    summary: 'Lists the files of an uploaded version, its manifest.json among them, with their digests.',
    access: 'admin',
    cost: 'none',
    request: { query: schemas.ownerQuery },
    responses: answer(schemas.versionFiles, 'The files.'),
    problems: ['not_found'],
  },
  (services) => async (c) => {
    const { model: name, version } = namesOf(c);
    const { registry, owner } = ownersModels(c, services, name);
    const { digest, files } = versionOf(await registry.find(owner, name), name, version);
    return c.json({ name, version, digest, files: Object.entries(files).map(([path, sha256]) => ({ path, sha256 })) });
  },
);

/** Returns a file of an uploaded version. */
export const versionFile = defineRoute(
  {
    id: 'getFile',
    method: 'get',
    path: '/v2/models/{model}/versions/{version}/files/{file}',
    tag: 'uploads',
    summary: 'Returns a file of an uploaded version, checked against its digest.',
    access: 'admin',
    cost: 'none',
    request: { query: schemas.ownerQuery },
    responses: { 200: { description: 'The file.', content: { 'application/octet-stream': bytes } } },
    problems: ['not_found'],
  },
  (services) => async (c) => {
    const { model: name, version } = namesOf(c);
    const file = c.req.param('file') ?? '';
    const { registry, owner } = ownersModels(c, services, name);
    const record = versionOf(await registry.find(owner, name), name, version);
    const content = await registry.readFile(owner, name, record, file);
    if (!content) {
      const known = Object.keys(record.files);
      throw new WhylightError(
        'not_found',
        `Version ${version} of ${name} has no file ${file}: it has ${known.join(', ')}.`,
      );
    }
    return c.body(content as Uint8Array<ArrayBuffer>, 200, { 'Content-Type': 'application/octet-stream' });
  },
);
