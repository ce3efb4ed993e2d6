/** Every operation of the API, one entry each; a test compares them with the routes that are served. */
import type { RouteConfig } from '@hono/zod-openapi';
import { z } from '@hono/zod-openapi';
import { IMAGE_TYPES } from '../../core/image/sniff.ts';
import * as schemas from './schemas.ts';

const json = (schema: z.ZodType) => ({ 'application/json': { schema } });
const answer = (schema: z.ZodType, description: string) => ({ 200: { content: json(schema), description } });
const problems = {
  default: {
    content: { 'application/problem+json': { schema: schemas.problem } },
    description: 'A problem (RFC 9457).',
  },
};
const bytes = { schema: z.string().openapi({ format: 'binary' }) };

/** A picture as it is, a form with one, or tensors. */
const input = {
  body: {
    required: true,
    content: {
      ...json(schemas.inferenceRequest),
      'application/octet-stream': bytes,
      'multipart/form-data': { schema: z.looseObject({ image: z.string().openapi({ format: 'binary' }) }) },
      ...Object.fromEntries(IMAGE_TYPES.map((type) => [type, bytes])),
    },
  },
};
const attribution = (types: readonly string[]) => ({
  200: {
    description: 'The answer, in the form that Accept asks for.',
    content: { ...json(schemas.inferenceResponse), ...Object.fromEntries(types.map((type) => [type, bytes])) },
  },
  304: { description: 'What If-None-Match names is still the answer.' },
});

const model = z.object({ model: z.string().describe('Name of a model.') });
const job = z.object({ id: z.string().describe('As the job was accepted with.') });
const version = model.extend({ version: z.string().describe('One of its versions.') });

type Operation = Omit<RouteConfig, 'path'>;

/** The same operation for the default version and for a named one. */
const ofModel = (suffix: string, operation: Operation): RouteConfig[] => [
  { ...operation, path: `/v2/models/{model}${suffix}`, request: { params: model, ...operation.request } },
  {
    ...operation,
    path: `/v2/models/{model}/versions/{version}${suffix}`,
    request: { params: version, ...operation.request },
  },
];

const get = (path: string, tag: string, summary: string, schema: z.ZodType, params?: z.ZodObject): RouteConfig => ({
  method: 'get',
  path,
  tags: [tag],
  summary,
  ...(params && { request: { params } }),
  responses: { ...answer(schema, summary), ...problems },
});

export const paths: readonly RouteConfig[] = [
  get('/v2', 'server', 'Name, version and extensions of the server.', schemas.server),
  get('/v2/health/live', 'server', 'Whether the server runs.', z.object({ live: z.boolean() })),
  get('/v2/health/ready', 'server', 'Whether it can do its work, part by part.', schemas.health),
  get('/v2/models', 'models', 'Names of the models.', schemas.models),
  ...ofModel('', {
    method: 'get',
    tags: ['models'],
    summary: 'What a model takes and gives.',
    responses: { ...answer(schemas.model, 'The model.'), ...problems },
  }),
  ...ofModel('/ready', {
    method: 'get',
    tags: ['models'],
    summary: 'Whether a model can be asked.',
    responses: { ...answer(schemas.ready, 'It can.'), ...problems },
  }),
  ...ofModel('/file', {
    method: 'get',
    tags: ['models'],
    summary: 'The ONNX file, where its manifest says that it may be had.',
    responses: { 200: { description: 'The file.', content: { 'application/octet-stream': bytes } }, ...problems },
  }),
  ...ofModel('/infer', {
    method: 'post',
    tags: ['models'],
    summary: "The model's own outputs (Open Inference Protocol).",
    request: input,
    responses: { ...attribution(['application/octet-stream']), ...problems },
  }),
  ...ofModel('/explain', {
    method: 'post',
    tags: ['explanations'],
    summary: 'Which parts of the input made the model answer so.',
    description:
      "Parameters may come in the query, in the form, or under `parameters` in the body; the method's own are listed by `GET /v2/methods/{method}`.",
    request: { ...input, query: schemas.explainQuery },
    responses: {
      ...attribution(['image/png', 'application/octet-stream', 'text/event-stream']),
      202: {
        content: json(schemas.job),
        description: 'It runs as a job: route=job, Prefer: respond-async, or too heavy for anything else.',
      },
      ...problems,
    },
  }),
  ...ofModel('/explain/estimate', {
    method: 'post',
    tags: ['explanations'],
    summary: 'What an explanation would take and where it would run; nothing runs.',
    request: { ...input, query: schemas.explainQuery },
    responses: { ...answer(schemas.estimate, 'The estimate.'), ...problems },
  }),
  ...ofModel('/compare', {
    method: 'post',
    tags: ['explanations'],
    summary: 'Several methods about the same input and target.',
    request: { ...input, query: schemas.compareQuery },
    responses: { ...attribution(['image/png', 'application/octet-stream']), ...problems },
  }),
  get('/v2/jobs/{id}', 'jobs', 'What has become of a job.', schemas.job, job),
  {
    method: 'delete',
    path: '/v2/jobs/{id}',
    tags: ['jobs'],
    summary: 'Cancels a job, or removes one that has ended, with its result.',
    request: { params: job },
    responses: { 204: { description: 'Done.' }, ...problems },
  },
  {
    method: 'get',
    path: '/v2/jobs/{id}/result',
    tags: ['jobs'],
    summary: 'The explanation, as /explain would have answered; a picture is drawn as the query says.',
    request: { params: job },
    responses: { ...attribution(['image/png', 'application/octet-stream']), ...problems },
  },
  get('/v2/webhook', 'jobs', 'The secret that webhooks are signed with.', z.object({ secret: z.string() })),
  get(
    '/v2/models/{model}/versions',
    'uploads',
    'Versions of an uploaded model.',
    z.looseObject({ name: z.string() }),
    model,
  ),
  {
    method: 'put',
    path: '/v2/models/{model}/versions/{version}',
    tags: ['uploads'],
    summary: 'Uploads a version of a model: live without a deploy.',
    description: 'Scope admin. The ONNX file, or its manifest as JSON and then the files: see docs/operate.md.',
    request: { params: version, body: { required: true, content: { 'application/octet-stream': bytes } } },
    responses: { ...answer(z.looseObject({ name: z.string() }), 'What it is.'), ...problems },
  },
  {
    method: 'put',
    path: '/v2/models/{model}/default',
    tags: ['uploads'],
    summary: 'Pins the version that is meant when none is named.',
    request: {
      params: model,
      body: { required: true, content: json(z.strictObject({ version: z.string().nullable() })) },
    },
    responses: { ...answer(z.looseObject({ name: z.string() }), 'The model.'), ...problems },
  },
  ...['', '/versions/{version}'].map(
    (suffix): RouteConfig => ({
      method: 'delete',
      path: `/v2/models/{model}${suffix}`,
      tags: ['uploads'],
      summary: suffix ? 'Deletes a version.' : 'Deletes an uploaded model.',
      request: { params: suffix ? version : model },
      responses: { 204: { description: 'Done.' }, ...problems },
    }),
  ),
  get('/v2/methods', 'explanations', 'The saliency methods.', schemas.methods),
  get(
    '/v2/methods/{method}',
    'explanations',
    'A method and its parameters.',
    schemas.method,
    z.object({ method: z.string() }),
  ),
  get('/v1/models', 'kserve v1', 'Names of the models.', schemas.v1Models),
  get('/v1/models/{model}', 'kserve v1', 'Whether a model can be asked.', schemas.ready, model),
  ...(['predict', 'explain'] as const).map(
    (verb): RouteConfig => ({
      method: 'post',
      path: `/v1/models/{model}:${verb}`,
      tags: ['kserve v1'],
      summary:
        verb === 'predict' ? 'Predictions for instances.' : 'Attributions for instances, as Vertex AI writes them.',
      request: {
        params: model,
        body: { required: true, content: json(schemas.v1Request) },
        ...(verb === 'explain' && { query: schemas.explainQuery }),
      },
      responses: {
        ...answer(verb === 'predict' ? schemas.v1Predictions : schemas.v1Explanations, 'One for each instance.'),
        ...problems,
      },
    }),
  ),
];
