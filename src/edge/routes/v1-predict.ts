import { predictInstances, readInstances } from '../explain/instances.ts';
import { negotiate } from '../http/negotiate.ts';
import { answer, jsonBody } from '../openapi/content.ts';
import { defineRoute } from '../openapi/route.ts';
import * as schemas from '../openapi/schemas.ts';

/**
 * Predicts for instances, in KServe's V1 protocol. An instance is a nested list of numbers, an object of them by input name,
 * or `{"b64": "..."}` for an image.
 */
export const v1Predict = defineRoute(
  {
    method: 'post',
    path: '/v1/models/{model}:predict',
    // A client may encode the colon, and paths are compared before they are decoded.
    pattern: '/v1/models/:target{[^/]+(?::|%3[Aa])predict}',
    tag: 'KServe v1',
    summary: 'Predicts for instances.',
    access: 'predict',
    cost: 'inference',
    request: { body: jsonBody(schemas.v1Request) },
    responses: answer(schemas.v1Predictions, 'One prediction for each instance.'),
  },
  (services) => async (c) => {
    const { served, request } = await readInstances(c, services, () =>
      negotiate(c.req.header('Accept'), ['application/json']),
    );
    return c.json({ predictions: await predictInstances(c, services, served, request) });
  },
);
