/** Readiness of a model, which two protocols report alike. */
import type { Handler } from 'hono';
import type { EdgeEnv } from '../http/env.ts';
import { requestedModel } from '../models/requested-model.ts';
import { answer } from '../openapi/content.ts';
import * as schemas from '../openapi/schemas.ts';
import type { Services } from '../services.ts';

/** Description of a route that reports readiness, without its path. */
export const READINESS = {
  summary: 'Reports whether a model can be used.',
  access: 'key',
  cost: 'none',
  responses: answer(schemas.ready, 'The model can be used.'),
} as const;

/** Makes the handler; a model that is found and opened is ready. */
export const reportReadiness =
  (services: Services): Handler<EdgeEnv> =>
  async (c) => {
    const { model } = await requestedModel(c, services.models);
    return c.json({ name: model.name, ready: true });
  };
