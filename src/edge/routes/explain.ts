import { inputBody, json, negotiated, notModified } from '../openapi/content.ts';
import { EXPLANATION_HEADERS } from '../openapi/headers.ts';
import { defineRoute } from '../openapi/route.ts';
import * as schemas from '../openapi/schemas.ts';
import { handleExplain } from './handlers/explain.ts';

/** Explains a prediction: as JSON or bytes in the Open Inference Protocol, as an image, or as a stream of events. */
export const explain = defineRoute(
  {
    id: 'explain',
    method: 'post',
    path: '/v2/models/{model}/explain',
    versioned: true,
    tag: 'explanations',
    summary: 'Explains which parts of the input caused the prediction.',
    description:
      "Parameters may come in the query, in the form, or under `parameters` in the body; the method's own are listed by `GET /v2/methods/{method}`.",
    access: 'explain',
    cost: 'explanation',
    request: { body: inputBody, query: schemas.explainQuery },
    requestHeaders: ['Cache-Control', 'Idempotency-Key', 'If-None-Match', 'Inference-Header-Content-Length', 'Prefer'],
    responses: {
      ...negotiated('image/png', 'image/svg+xml', 'text/html', 'application/octet-stream', 'text/event-stream'),
      202: {
        content: json(schemas.job),
        description: 'The request runs as a job: route=job, Prefer: respond-async, or too heavy for every other route.',
      },
      ...notModified,
    },
    headers: EXPLANATION_HEADERS,
  },
  handleExplain,
);
