import { explainInstances } from '../explain/explain-instances.ts';
import { sourceHeaders } from '../explain/headers.ts';
import { readInstances } from '../explain/instances.ts';
import { negotiate } from '../http/negotiate.ts';
import { answer, jsonBody } from '../openapi/content.ts';
import { INSTANCES_EXAMPLE } from '../openapi/examples.ts';
import { RUN_HEADERS } from '../openapi/headers.ts';
import { defineRoute } from '../openapi/route.ts';
import * as schemas from '../openapi/schemas.ts';
import { offeredTo } from '../tenants/tenant.ts';

/** Explains instances, in KServe's V1 protocol. Attributions are written as Vertex AI writes them. */
export const v1Explain = defineRoute(
  {
    id: 'explainV1',
    method: 'post',
    path: '/v1/models/{model}:explain',
    // A client may encode the colon, and paths are compared before they are decoded.
    pattern: '/v1/models/:target{[^/]+(?::|%3[Aa])explain}',
    tag: 'KServe v1',
    summary: 'Explains instances; attributions are written as Vertex AI writes them.',
    access: 'explain',
    cost: 'explanation',
    request: { body: jsonBody(schemas.v1Request, INSTANCES_EXAMPLE), query: schemas.explainQuery },
    responses: answer(schemas.v1Explanations, 'One explanation for each instance.'),
    requestHeaders: ['Cache-Control'],
    headers: RUN_HEADERS,
  },
  (services) => async (c) => {
    const { served, request } = await readInstances(c, services, () =>
      negotiate(c.req.header('Accept'), offeredTo(c.get('tenant'), ['application/json'])),
    );
    const { answers, predictions, explanations } = await explainInstances(c, services, served, request);
    for (const source of answers) {
      for (const [name, value] of Object.entries(sourceHeaders(source))) c.header(name, value);
    }
    return c.json({ predictions, explanations });
  },
);
