import { Hono } from 'hono';
import { readQuestion, runOf } from '../explain/query.ts';
import { atTheEdge, fittingParameters, routeOf } from '../routing/run.ts';
import type { EdgeEnv, Services } from '../services.ts';
import { modelPaths } from './models.ts';

/**
 * `POST /v2/models/{model}/explain/estimate`: what the same request to `/explain` would take and where it would run.
 * Graphs that are new are compiled; nothing runs.
 */
export const estimateRoutes = (services: Services) =>
  new Hono<EdgeEnv>().on('POST', modelPaths('/explain/estimate'), async (c) => {
    const question = await readQuestion(c, services);
    const asked = await runOf(c, question, services.jobs !== undefined);
    const { decision, estimate } = routeOf(services, asked);
    const { cost, milliseconds, measured, bytes } = estimate;
    c.header('Cache-Control', 'no-store');
    return c.json({
      method: question.settings.method,
      parameters: question.params,
      forwards: cost.forwards,
      backwards: cost.backwards,
      milliseconds: Math.ceil(milliseconds),
      measured,
      bytes,
      route: decision.route,
      reason: decision.why,
      ...(decision.route === 'none' && { fits: fittingParameters(services, asked) }),
      ...(decision.route === 'unavailable' && { fits: atTheEdge(services, asked) }),
    });
  });
