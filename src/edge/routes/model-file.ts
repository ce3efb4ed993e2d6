import * as z from 'zod';
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import { fileResponse } from '../http/file-response.ts';
import { modelNameOf, requestedModel } from '../models/requested-model.ts';
import { bytes, notModified } from '../openapi/content.ts';
import { defineRoute } from '../openapi/route.ts';

const file = { 'application/octet-stream': bytes };

const filePath = z
  .string()
  .max(256)
  .optional()
  .describe('File beside the model, one of `files` in its metadata: a vocabulary, background rows.');

/** Returns the files of a model. With them, a browser can explain without sending its input anywhere. */
export const modelFile = defineRoute(
  {
    id: 'getModelFile',
    method: 'get',
    path: '/v2/models/{model}/file',
    versioned: true,
    tag: 'models',
    summary: 'Returns the ONNX file, or a file beside it, where the manifest says `downloadable`.',
    access: 'key',
    cost: 'none',
    request: { query: z.object({ path: filePath }) },
    problems: ['not_found', 'range_not_satisfiable'],
    requestHeaders: ['If-None-Match', 'If-Range', 'Range'],
    responses: {
      200: { description: 'The file.', content: file },
      206: { description: 'The part of the file that Range asks for.', content: file },
      ...notModified,
    },
    headers: ['Accept-Ranges', 'Content-Disposition', 'Content-Range', 'ETag'],
  },
  (services) => async (c) => {
    const { model, files, beside } = await requestedModel(c, services.models);
    const { downloadable, external = [] } = model.manifest;
    if (!downloadable || external.length > 0) {
      const why = downloadable ? 'consists of several files' : 'is not downloadable: its manifest does not say so';
      throw new WhylightError('forbidden', `The model ${model.name} ${why}.`, { model: model.name });
    }
    const path = c.req.query('path');
    if (path !== undefined && !beside.includes(path)) throw noFile(model.name, path, beside);
    const { model: name, version } = modelNameOf(c);
    const source = path === undefined ? await services.models.source(name, c.get('tenant'), version) : undefined;
    const content = path === undefined ? source?.bytes : await files.read(path);
    if (!content) throw noFile(model.name, path ?? '', beside);
    const digest = path === undefined ? model.digest : await sha256Hex(content);
    const fileName = path === undefined ? `${model.name}.onnx` : (path.split('/').at(-1) ?? path);
    return fileResponse(c, { bytes: content, name: fileName, etag: `"${digest}"` });
  },
);

const noFile = (model: string, path: string, files: readonly string[]): WhylightError =>
  new WhylightError(
    'not_found',
    `The model ${model} has no file ${JSON.stringify(path)} beside it that could be read: it has ${files.join(', ') || 'none'}.`,
    { model, path, files },
  );
