import { Hono } from 'hono';
import { WhylightError } from '../../core/errors.ts';
import { entityTag, matchesTag } from '../http/entity-tag.ts';
import type { EdgeEnv, Services } from '../services.ts';
import { modelOf, modelPaths } from './models.ts';

/**
 * `GET /v2/models/{model}/file`: the ONNX file, where the manifest says `downloadable`. With it and what `GET
 * /v2/models/{model}` says, a browser explains without sending its picture anywhere.
 */
export const modelFileRoutes = (services: Services) =>
  new Hono<EdgeEnv>().on('GET', modelPaths('/file'), async (c) => {
    const { model } = await modelOf(c, services);
    const { downloadable, external = [] } = model.manifest;
    if (!downloadable || external.length > 0) {
      const why = downloadable ? 'consists of several files' : 'is not for downloading: its manifest does not say so';
      throw new WhylightError('forbidden', `The model ${model.name} ${why}.`, { model: model.name });
    }
    const etag = await entityTag([model.digest]);
    c.header('ETag', etag);
    if (matchesTag(c.req.header('If-None-Match'), etag)) return c.body(null, 304);
    const { model: name, version } = c.req.param() as { model: string; version?: string };
    const { bytes } = await services.models.source(name, c.get('tenant'), version);
    return c.body(bytes as Uint8Array<ArrayBuffer>, 200, { 'Content-Type': 'application/octet-stream' });
  });
