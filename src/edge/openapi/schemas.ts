/** What the API takes and gives, as schemas: for the OpenAPI document and for the typed client. */
import { z } from '@hono/zod-openapi';
import { ERROR_CODES, type ErrorCode } from '../../core/errors.ts';
import { overlaySchema } from '../../core/image/overlay.ts';
import { PRESETS } from '../../core/method/contract.ts';
import { requestSchema } from '../explain/settings.ts';

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const parameters = z.record(z.string(), scalar);

export const problem = z
  .looseObject({
    type: z.string().describe('URI reference of the kind of problem.'),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().optional().describe('The request id.'),
    code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]).describe('Stable; see docs/errors.md.'),
    error: z.string().describe('The detail once more, for clients of the inference protocols.'),
    errors: z
      .array(z.object({ detail: z.string(), pointer: z.string().optional(), parameter: z.string().optional() }))
      .optional()
      .describe('Each thing that is wrong, with its place in the body (JSON Pointer) or its parameter.'),
  })
  .openapi('Problem');

const tensor = z.object({
  name: z.string(),
  shape: z.array(z.int()),
  datatype: z.string().describe('FP32, INT64, BYTES and so on.'),
  parameters: parameters.optional(),
  data: z.array(z.any()).optional().describe('Nested or flat; absent when the elements follow as bytes.'),
});

export const inferenceRequest = z
  .object({
    id: z.string().optional(),
    parameters: parameters.optional().describe('Flat values: the method, its target, its parameters.'),
    inputs: z.array(tensor).describe('Tensors, or one input of datatype BYTES with a picture in base64.'),
    outputs: z.array(z.object({ name: z.string(), parameters: parameters.optional() })).optional(),
  })
  .openapi('InferenceRequest');

export const inferenceResponse = z
  .object({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().optional(),
    parameters,
    outputs: z.array(tensor),
  })
  .openapi('InferenceResponse');

export const server = z.object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) });
export const health = z.object({ ready: z.boolean(), checks: z.record(z.string(), z.enum(['ok', 'failed'])) });

const tensorMetadata = z.object({ name: z.string(), datatype: z.string(), shape: z.array(z.int()) });
export const model = z
  .looseObject({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: z.array(tensorMetadata),
    outputs: z.array(tensorMetadata),
    digest: z.string(),
    description: z.string().optional(),
    labels: z.array(z.string()).optional(),
    scores: z.string().describe('The tensor that is explained.'),
    target_layer: z.string().optional().describe('The layer that CAM methods take.'),
    spatial_layers: z.array(z.string()),
  })
  .openapi('Model');
export const models = z.object({ models: z.array(z.object({ name: z.string() })) });
export const ready = z.object({ name: z.string(), ready: z.boolean() });

export const method = z
  .looseObject({
    id: z.string(),
    strategy: z.enum(['gradient', 'activation', 'perturbation']),
    revision: z.int(),
    title: z.string(),
    summary: z.string(),
    enabled: z.boolean().describe('Whether this key may use it.'),
    parameters: z.record(z.string(), z.any()).describe('JSON Schema of its parameters.'),
    presets: z
      .record(z.string(), z.record(z.string(), z.any()))
      .describe('By library: the parameters that `preset` sets to what this library chooses.'),
  })
  .openapi('Method');
export const methods = z.object({ methods: z.array(method) });

export const estimate = z
  .object({
    method: z.string(),
    parameters: z.record(z.string(), z.any()).describe('After defaults.'),
    forwards: z.int().describe('Rows through the model.'),
    backwards: z.int().describe('Rows through the model and its gradient.'),
    milliseconds: z.int(),
    measured: z.boolean().describe('Whether the time rests on measurements of this model, or on its FLOPs.'),
    bytes: z.int().describe('Memory of the engine.'),
    route: z.enum(['edge', 'origin', 'job', 'unavailable', 'none']),
    reason: z.string(),
    fits: z.record(z.string(), z.number()).optional().describe('Values, one at a time, with which it would run.'),
  })
  .openapi('Estimate');

export const job = z
  .object({
    id: z.string(),
    status: z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']),
    model: z.string(),
    method: z.string(),
    created: z.iso.datetime(),
    updated: z.iso.datetime(),
    attempts: z.int().describe('Runs that have begun.'),
    location: z.string(),
    progress: z.object({ done: z.number(), total: z.number() }).optional(),
    result: z.string().optional().describe('Where the result is, once it has succeeded.'),
    error: problem.optional(),
    expires: z.iso.datetime().optional().describe('When job and result are removed.'),
  })
  .openapi('Job');

export const explainQuery = requestSchema
  .extend(overlaySchema.shape)
  .extend({
    preset: z
      .enum(PRESETS)
      .optional()
      .describe('Choices of convention as this library makes them; parameters that are given by themselves win.'),
  })
  .partial({ method: true });
export const compareQuery = explainQuery
  .omit({ method: true })
  .extend({ methods: z.string().describe('Ids of methods with commas between.') });

export const v1Request = z
  .object({
    instances: z
      .array(z.any())
      .min(1)
      .describe('Nested numbers, objects of them by input name, or {"b64": "..."} for pictures.'),
    parameters: parameters.optional(),
  })
  .openapi('V1Request');
export const v1Models = z.object({ models: z.array(z.string()) });
export const v1Predictions = z.object({ predictions: z.array(z.any()) });
export const v1Explanations = z.object({
  predictions: z.array(z.any()),
  explanations: z.array(
    z.object({
      attributions: z.array(
        z.object({
          baselineOutputValue: z.number().optional(),
          instanceOutputValue: z.number(),
          featureAttributions: z.record(z.string(), z.any()),
          outputIndex: z.array(z.int()).optional(),
          outputDisplayName: z.string().optional(),
          approximationError: z.number().optional(),
          outputName: z.string(),
        }),
      ),
    }),
  ),
});
