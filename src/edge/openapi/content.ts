/** Building blocks of route descriptions: media types of requests and responses. */
import * as z from 'zod';
import { IMAGE_TYPES } from '../../core/image/formats.ts';
import { ANSWER_EXAMPLE, EXPLANATION_EXAMPLE, INFERENCE_EXAMPLE } from './examples.ts';
import * as schemas from './schemas.ts';

/** JSON content of a schema. */
export const json = <S extends z.ZodType>(schema: S, example?: unknown) => ({
  'application/json': { schema, ...(example !== undefined && { example }) },
});

/** Binary content. */
export const bytes = { schema: z.string().meta({ format: 'binary' }) };

/** A successful response with JSON. */
export const answer = <S extends z.ZodType>(schema: S, description: string) => ({
  200: { content: json(schema), description },
});

/** Members of a route whose JSON answer has an entity tag of its content. */
export const taggedAnswer = <S extends z.ZodType>(schema: S, description: string) =>
  ({
    tagged: true,
    requestHeaders: ['If-None-Match'],
    responses: { ...answer(schema, description), ...notModified },
    headers: ['ETag'],
  }) as const;

/** A successful response without a body. */
export const done = { 204: { description: 'Done.' } };

/** A JSON body. */
export const jsonBody = <S extends z.ZodType>(schema: S, example?: unknown) => ({
  required: true,
  content: json(schema, example),
});

/** Media types of data beside images; a model takes those of its modality. */
const DATA_TYPES = ['text/plain', 'text/csv', 'audio/wav', 'application/x-npy'] as const;

/**
 * Body of a request with an input: tensors, an image, data of the model's modality, or a form with one of them.
 * @param example request of the Open Inference Protocol
 */
const inputBodyLike = (example: object) => ({
  required: true,
  content: {
    ...json(schemas.inferenceRequest, example),
    'application/octet-stream': bytes,
    'multipart/form-data': { schema: z.looseObject({ image: z.string().meta({ format: 'binary' }) }) },
    ...Object.fromEntries([...IMAGE_TYPES, ...DATA_TYPES].map((type) => [type, bytes])),
  },
});

/** Body of an inference. */
export const inferenceBody = inputBodyLike(INFERENCE_EXAMPLE);

/** Body of an explanation. */
export const inputBody = inputBodyLike(EXPLANATION_EXAMPLE);

/** Responses with an answer in one of several media types. */
export const negotiated = (...types: readonly string[]) => ({
  200: {
    description: 'The answer, in the media type that Accept asks for.',
    content: {
      ...json(schemas.inferenceResponse, ANSWER_EXAMPLE),
      ...Object.fromEntries(types.map((type) => [type, bytes])),
    },
  },
});

/** Response to a conditional request. */
export const notModified = { 304: { description: 'The answer still has the entity tag of If-None-Match.' } };
