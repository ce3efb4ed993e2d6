import { scalars } from '../../protocol/json-members.ts';
import { conditionSchema, readCondition } from '../explain/explain-condition.ts';
import { predictAndExplainInstances } from '../explain/explain-instances.ts';
import { predictInstances, readInstances } from '../explain/instances.ts';
import { negotiate } from '../http/negotiate.ts';
import { answer, jsonBody } from '../openapi/content.ts';
import { INSTANCES_EXAMPLE } from '../openapi/examples.ts';
import { defineRoute } from '../openapi/route.ts';
import * as schemas from '../openapi/schemas.ts';

/**
 * Predicts for instances, in KServe's V1 protocol. An instance is a nested list of numbers, an object of them by input name,
 * or `{"b64": "..."}` for an image.
 */
export const v1Predict = defineRoute(
  {
    id: 'predictV1',
    method: 'post',
    path: '/v1/models/{model}:predict',
    // A client may encode the colon, and paths are compared before they are decoded.
    pattern: '/v1/models/:target{[^/]+(?::|%3[Aa])predict}',
    tag: 'KServe v1',
    summary: 'Predicts for instances.',
    description:
      'With `explain_if` or `explain_rate` the rows that fulfil the condition are explained in the same answer, which takes the scope `explain`.',
    access: 'predict',
    cost: 'inference',
    request: { body: jsonBody(schemas.v1Request, INSTANCES_EXAMPLE), query: conditionSchema },
    responses: answer(schemas.v1Predictions, 'One prediction for each instance.'),
  },
  (services) => async (c) => {
    const { served, request } = await readInstances(c, services, () =>
      negotiate(c.req.header('Accept'), ['application/json']),
    );
    const own = scalars(request.parameters, '/parameters');
    const { condition, parameters } = await readCondition({ ...c.req.query(), ...own });
    if (!condition) return c.json({ predictions: await predictInstances(c, services, served, request) });
    return c.json(await predictAndExplainInstances(c, services, served, request, { condition, parameters }));
  },
);
