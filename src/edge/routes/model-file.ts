import { WhylightError } from '../../core/errors.ts';
import { entityTag, matchesTag } from '../http/entity-tag.ts';
import { modelNameOf, requestedModel } from '../models/requested-model.ts';
import { bytes, notModified } from '../openapi/content.ts';
import { defineRoute } from '../openapi/route.ts';

/** Returns the ONNX file of a model. With it, a browser can explain without sending its image anywhere. */
export const modelFile = defineRoute(
  {
    id: 'getModelFile',
    method: 'get',
    path: '/v2/models/{model}/file',
    versioned: true,
    tag: 'models',
    summary: 'Returns the ONNX file, where the manifest says `downloadable`.',
    access: 'key',
    cost: 'none',
    requestHeaders: ['If-None-Match'],
    responses: { 200: { description: 'The file.', content: { 'application/octet-stream': bytes } }, ...notModified },
    headers: ['ETag'],
  },
  (services) => async (c) => {
    const { model } = await requestedModel(c, services.models);
    const { downloadable, external = [] } = model.manifest;
    if (!downloadable || external.length > 0) {
      const why = downloadable ? 'consists of several files' : 'is not downloadable: its manifest does not say so';
      throw new WhylightError('forbidden', `The model ${model.name} ${why}.`, { model: model.name });
    }
    const etag = await entityTag([model.digest]);
    c.header('ETag', etag);
    if (matchesTag(c.req.header('If-None-Match'), etag)) return c.body(null, 304);
    const { model: name, version } = modelNameOf(c);
    const { bytes } = await services.models.source(name, c.get('tenant'), version);
    return c.body(bytes as Uint8Array<ArrayBuffer>, 200, { 'Content-Type': 'application/octet-stream' });
  },
);
