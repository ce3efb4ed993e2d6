import { answered } from '../../core/method/answered.ts';
import { readQuery, runRequest } from '../explain/query.ts';
import { waitUntilOf } from '../http/env.ts';
import { answer, inputBody } from '../openapi/content.ts';
import { defineRoute } from '../openapi/route.ts';
import * as schemas from '../openapi/schemas.ts';
import { fittingAtEdge, fittingParams } from '../routing/fit.ts';
import { routePlan } from '../routing/route.ts';

/** Estimates the cost and the route of the same request to `/explain`. Graphs that are new are compiled; nothing runs. */
export const estimate = defineRoute(
  {
    id: 'estimateExplanation',
    method: 'post',
    path: '/v2/models/{model}/explain/estimate',
    versioned: true,
    tag: 'explanations',
    summary: 'Estimates the cost and the route of an explanation; nothing runs.',
    access: 'explain',
    cost: 'plan',
    request: { body: inputBody, query: schemas.explainQuery },
    requestHeaders: ['Inference-Header-Content-Length', 'Prefer'],
    responses: answer(schemas.estimate, 'The estimate.'),
  },
  (services) => async (c) => {
    const query = await readQuery(c, services);
    const request = await runRequest(c, query, services.jobs !== undefined);
    await services.explainer.prepare(request.plan, { waitUntil: waitUntilOf(c) });
    const { decision, estimate } = routePlan(services, request);
    const { cost, milliseconds, measured, bytes } = estimate;
    c.header('Cache-Control', 'no-store');
    return c.json({
      method: query.settings.method,
      parameters: query.params,
      forwards: cost.forwards,
      backwards: cost.backwards,
      milliseconds: Math.ceil(milliseconds),
      measured,
      bytes,
      route: decision.route,
      reason: decision.why,
      ...(decision.route === 'none' && { fits: await answered(() => fittingParams(services, request)) }),
      ...(decision.route === 'unavailable' && { fits: await answered(() => fittingAtEdge(services, request)) }),
    });
  },
);
