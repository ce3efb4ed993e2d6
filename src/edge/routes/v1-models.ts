import { answer } from '../openapi/content.ts';
import { defineRoute } from '../openapi/route.ts';
import * as schemas from '../openapi/schemas.ts';
import { READINESS, reportReadiness } from './readiness.ts';

/** Lists the models, in KServe's V1 protocol. */
export const v1Models = defineRoute(
  {
    id: 'listModelsV1',
    method: 'get',
    path: '/v1/models',
    tag: 'KServe v1',
    summary: 'Lists the models.',
    access: 'key',
    cost: 'none',
    responses: answer(schemas.v1Models, 'The models.'),
  },
  (services) => async (c) => c.json({ models: await services.models.names(c.get('tenant')) }),
);

/** Reports whether a model can be used, in KServe's V1 protocol. */
export const v1Model = defineRoute(
  {
    id: 'checkModelV1',
    method: 'get',
    path: '/v1/models/{model}',
    tag: 'KServe v1',
    ...READINESS,
  },
  reportReadiness,
);
