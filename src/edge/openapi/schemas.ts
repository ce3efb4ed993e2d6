/** Schemas of requests and responses, for the OpenAPI document and the typed client. */
import * as z from 'zod';
import { ERROR_CODES, type ErrorCode } from '../../core/errors.ts';
import { overlaySchema } from '../../core/image/overlay-options.ts';
import { PRESETS } from '../../core/method/contract.ts';
import { DATATYPES } from '../../protocol/open-inference.ts';
import { requestSchema } from '../explain/settings.ts';
import { ENTRY, MAX_LISTED } from '../jobs/job-list.ts';
import { PROBLEM_EXAMPLE } from './examples.ts';

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
      .describe('Each mistake, with its position in the body (JSON Pointer) or its parameter.'),
  })
  .meta({ id: 'Problem', example: PROBLEM_EXAMPLE });

const tensor = z.object({
  name: z.string(),
  shape: z.array(z.int()),
  datatype: z.string().meta({ enum: [...Object.keys(DATATYPES), 'BYTES'] }),
  parameters: parameters.optional(),
  data: z.array(z.any()).optional().describe('Nested or flat; absent when the elements follow as bytes.'),
});

export const inferenceRequest = z
  .object({
    id: z.string().optional(),
    parameters: parameters.optional().describe('Flat values: the method, its target, its parameters.'),
    inputs: z
      .array(tensor)
      .min(1)
      .optional()
      .describe(
        'Tensors, or one input of datatype BYTES with an image in base64, or texts. Left out only where the parameter image_url names an image.',
      ),
    outputs: z.array(z.object({ name: z.string(), parameters: parameters.optional() })).optional(),
  })
  .meta({ id: 'InferenceRequest' });

export const inferenceResponse = z
  .object({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().optional(),
    parameters,
    outputs: z.array(tensor),
  })
  .meta({ id: 'InferenceResponse' });

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
    facts: z
      .looseObject({
        inputs: z.array(z.looseObject({ name: z.string() })),
        outputs: z.array(z.looseObject({ name: z.string() })),
        explained: z.looseObject({ name: z.string() }),
        doubts: z.array(
          z.object({
            about: z.string(),
            tensor: z.string().optional(),
            message: z.string(),
            blocking: z.boolean().optional(),
          }),
        ),
      })
      .describe(
        'What is known about inputs and outputs, each fact with its source, and doubts with the way to settle them.',
      ),
    labels: z.array(z.string()).optional(),
    scores: z.string().describe('Tensor that is explained.'),
    target_layer: z.string().optional().describe('Default layer of CAM methods.'),
    spatial_layers: z.array(z.string()),
    files: z
      .array(z.string())
      .optional()
      .describe('Files beside a downloadable model: vocabulary, tokenizer, background rows.'),
  })
  .meta({ id: 'Model' });
export const models = z.object({ models: z.array(z.object({ name: z.string() })) });
export const ready = z.object({ name: z.string(), ready: z.boolean() });

export const method = z
  .looseObject({
    id: z.string(),
    strategy: z.enum(['gradient', 'activation', 'perturbation']),
    revision: z.int(),
    build: z.string().optional().describe('Package and version, or digest, of its code.'),
    title: z.string(),
    summary: z.string(),
    enabled: z.boolean().describe('True if this key may use it.'),
    parameters: z.record(z.string(), z.any()).describe('JSON Schema of its parameters.'),
    presets: z.record(z.string(), z.record(z.string(), z.any())).describe('Parameters that `preset` sets, by library.'),
    returns: z
      .partialRecord(z.enum(['maps', 'uncertainty', 'boxes', 'text']), z.string())
      .describe('Kinds of results that it may return beside its values, each with a phrase that says what it is.'),
    applies: z.boolean().optional().describe('With `model`: true if the method applies to it with default parameters.'),
    refusal: z.string().optional().describe('Reason why it does not apply.'),
    rows: z
      .object({ forwards: z.int(), backwards: z.int() })
      .optional()
      .describe('Rows that an explanation takes with default parameters.'),
  })
  .meta({ id: 'Method' });
export const methodsQuery = z.object({
  model: z.string().optional().describe('Adds which of the methods apply to this model, and their cost in rows.'),
});
export const methods = z.object({ methods: z.array(method) });

export const estimate = z
  .object({
    method: z.string(),
    parameters: z.record(z.string(), z.any()).describe('Parameters after defaults.'),
    forwards: z.int().describe('Rows to run through the model.'),
    backwards: z.int().describe('Rows to run through the model and its gradient.'),
    milliseconds: z.int(),
    measured: z
      .boolean()
      .describe('True if the time is based on measurements of this model; it is based on FLOPs otherwise.'),
    bytes: z.int().describe('Memory of the engine.'),
    route: z.enum(['edge', 'origin', 'job', 'unavailable', 'none']),
    reason: z.string(),
    fits: z
      .record(z.string(), z.number())
      .optional()
      .describe('Parameter values with which the request would run, each on its own.'),
  })
  .meta({ id: 'Estimate' });

export const job = z
  .object({
    id: z.string(),
    status: z.enum(['queued', 'running', 'succeeded', 'failed', 'cancelled']),
    model: z.string(),
    method: z.string(),
    created: z.iso.datetime(),
    updated: z.iso.datetime(),
    attempts: z.int().describe('Number of attempts.'),
    location: z.string(),
    progress: z.object({ done: z.number(), total: z.number() }).optional(),
    result: z.string().optional().describe('Path of the result, once the job has succeeded.'),
    error: problem.optional(),
    expires: z.iso.datetime().optional().describe('Time at which job and result are removed.'),
  })
  .meta({ id: 'Job' });
export const jobsQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_LISTED).default(20).describe('Maximum number of jobs.'),
  after: z.string().regex(ENTRY, 'must be `next` of the page before').optional().describe('`next` of the page before.'),
});
export const jobs = z.object({
  jobs: z.array(job),
  next: z.string().optional().describe('`after` of the next page; absent on the last one.'),
});

export const explainQuery = requestSchema
  .extend(overlaySchema.shape)
  .extend({
    preset: z
      .enum(PRESETS)
      .optional()
      .describe('Parameters as this library chooses them; parameters of the request override them.'),
  })
  .partial({ method: true });
export const compareQuery = explainQuery.omit({ method: true }).extend({
  methods: z.string().describe('Ids of methods, separated by commas.'),
  targets: z
    .string()
    .optional()
    .describe(
      'Targets that every method explains, separated by commas or as a JSON list, in place of target. Gradients and class activation maps share one forward pass.',
    ),
});

/** Query of the routes of uploaded models. */
export const ownerQuery = z.object({
  owner: z.string().optional().describe('Owner of the model, shared or tenants/<id>: for operators only.'),
});
const modelVersion = z.object({
  version: z.string(),
  digest: z.string(),
  created: z.iso.datetime().optional(),
  bytes: z.int().optional(),
});
const share = z.number().min(0).max(1);
const canary = z.strictObject({
  version: z.string(),
  share: share.describe('Share of the requests without a version that this one answers.'),
  tenants: z.array(z.string()).max(100).describe('Tenants whose requests without a version it answers all.'),
});
const shadow = z.strictObject({
  version: z.string(),
  share: share.describe('Share of the explanations that this version also computes, for comparison.'),
});
export const modelVersions = z.looseObject({
  name: z.string(),
  default: z.string(),
  pinned: z.boolean().optional(),
  canary: canary.optional(),
  shadow: shadow.optional(),
  versions: z.array(modelVersion),
});
export const rollout = z
  .strictObject({
    canary: canary.partial({ tenants: true }).nullable().optional().describe('null ends the canary.'),
    shadow: shadow.nullable().optional().describe('null ends the shadow.'),
  })
  .meta({ id: 'Rollout' });
export const versionFiles = z.object({
  name: z.string(),
  version: z.string(),
  digest: z.string(),
  files: z.array(z.object({ path: z.string(), sha256: z.string() })),
});
export const uploadedModel = modelVersion.extend({
  name: z.string(),
  opsets: z.record(z.string(), z.int()).describe('Operator sets that the file declares, by domain; "" is ai.onnx.'),
  scores: z.string().describe('Tensor that is explained.'),
  target_layer: z.string().optional().describe('Default layer of CAM methods.'),
  operators_without_rule: z.array(z.string()).describe('Operators that gradients cannot pass.'),
  methods: z.array(z.string()).describe('Ids of the methods that apply.'),
  repaired: z
    .array(z.string())
    .optional()
    .describe('Files that were damaged or missing in the store and are whole again.'),
});

export const v1Request = z
  .object({
    instances: z
      .array(z.any())
      .min(1)
      .describe('Nested numbers, objects of them by input name, or {"b64": "..."} for images.'),
    parameters: parameters.optional(),
  })
  .meta({ id: 'V1Request' });
export const v1Models = z.object({ models: z.array(z.string()) });
const v1Explanation = z.object({
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
  predictions: z
    .array(z.looseObject({ score: z.number() }))
    .optional()
    .describe('Predictions as the task of the model reads them, best first.'),
  prediction: z.int().min(0).optional().describe('Number of the explained one among the predictions.'),
  features: z
    .array(z.looseObject({ name: z.string(), value: z.number() }))
    .optional()
    .describe('Values of words, columns or stretches of time, for data of a modality.'),
  maps: z
    .array(z.looseObject({ name: z.string(), featureAttributions: z.record(z.string(), z.any()) }))
    .optional()
    .describe('Further maps of the method: of layers, attention heads, concepts or classes.'),
  uncertainty: z.record(z.string(), z.any()).optional().describe('Standard error of each value.'),
  boxes: z
    .array(z.object({ name: z.string(), box: z.array(z.number()).length(4), score: z.number() }))
    .optional()
    .describe('Boxes of the method: left, top, right, bottom.'),
  text: z.string().optional().describe('Sentences of the method, such as a rule.'),
  notices: z.array(z.string()).optional().describe('Sentences about what was done to the data, such as a cut.'),
});
export const v1Predictions = z.object({
  predictions: z.array(z.any()),
  explanations: z
    .array(v1Explanation.nullable())
    .optional()
    .describe('With explain_if or explain_rate: one for each row, null for rows that are not explained.'),
});
export const v1Explanations = z.object({ predictions: z.array(z.any()), explanations: z.array(v1Explanation) });
