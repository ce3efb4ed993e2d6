import { modelMetadata } from '../../protocol/model-metadata.ts';
import { requestedModel } from '../models/requested-model.ts';
import { taggedAnswer } from '../openapi/content.ts';
import { defineRoute } from '../openapi/route.ts';
import * as schemas from '../openapi/schemas.ts';
import { READINESS, reportReadiness } from './readiness.ts';

/** Lists the models that the tenant may use. */
export const models = defineRoute(
  {
    id: 'listModels',
    method: 'get',
    path: '/v2/models',
    tag: 'models',
    summary: 'Lists the models.',
    access: 'key',
    cost: 'none',
    ...taggedAnswer(schemas.models, 'The models.'),
  },
  (services) => async (c) => {
    const names = await services.models.names(c.get('tenant'));
    return c.json({ models: names.map((name) => ({ name })) });
  },
);

/** Describes a model. */
export const model = defineRoute(
  {
    id: 'getModel',
    method: 'get',
    path: '/v2/models/{model}',
    versioned: true,
    tag: 'models',
    summary: 'Describes the inputs and outputs of a model.',
    access: 'key',
    cost: 'none',
    ...taggedAnswer(schemas.model, 'The model.'),
  },
  (services) => async (c) => {
    const { model, beside } = await requestedModel(c, services.models);
    const uploaded = await services.models.uploaded(model.name, c.get('tenant'));
    return c.json(modelMetadata(model, uploaded && Object.keys(uploaded.record.versions), beside));
  },
);

/** Reports whether a model can be used. */
export const modelReady = defineRoute(
  {
    id: 'checkModel',
    method: 'get',
    path: '/v2/models/{model}/ready',
    versioned: true,
    tag: 'models',
    ...READINESS,
  },
  reportReadiness,
);
