import { conditionSchema } from '../explain/explain-condition.ts';
import { inferenceBody, negotiated } from '../openapi/content.ts';
import { RUN_HEADERS } from '../openapi/headers.ts';
import { defineRoute } from '../openapi/route.ts';
import { handleInfer } from './handlers/infer.ts';

/** Runs the model: inference as every server of the Open Inference Protocol offers it. */
export const infer = defineRoute(
  {
    id: 'infer',
    method: 'post',
    path: '/v2/models/{model}/infer',
    versioned: true,
    tag: 'models',
    summary: "Returns the model's own outputs (Open Inference Protocol).",
    description:
      'With `explain_if` or `explain_rate` the rows that fulfil the condition are explained in the same answer, which takes the scope `explain`: `explained_rows` lists them, and each output of their explanation has `explanation.` in front of its name.',
    access: 'predict',
    cost: 'inference',
    request: { body: inferenceBody, query: conditionSchema },
    requestHeaders: ['Inference-Header-Content-Length'],
    responses: negotiated('application/octet-stream'),
    headers: ['Inference-Header-Content-Length', ...RUN_HEADERS],
  },
  handleInfer,
);
