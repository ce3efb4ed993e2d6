import { WhylightError } from '../../core/errors.ts';
import { safeParse } from '../../core/safe-parse.ts';
import { jsonOf } from '../http/arriving.ts';
import { violationsOf } from '../http/violations.ts';
import { answer, jsonBody } from '../openapi/content.ts';
import { defineRoute } from '../openapi/route.ts';
import * as schemas from '../openapi/schemas.ts';
import { modelView, namesOf, writable } from './uploaded-model.ts';

/** Sets the canary and the shadow of a model. */
export const rollOut = defineRoute(
  {
    id: 'rollOut',
    method: 'put',
    path: '/v2/models/{model}/rollout',
    tag: 'uploads',
    summary: 'Sets canary and shadow: a version for a part of the requests, and one that runs for comparison.',
    description:
      'A canary answers a share of the requests that name no version, and all of some tenants. A shadow computes a share of the explanations a second time; nobody gets its answers, and the correlation of the maps is recorded.',
    access: 'admin',
    cost: 'none',
    request: {
      query: schemas.ownerQuery,
      body: jsonBody(schemas.rollout, { canary: { version: '2', share: 0.1, tenants: [] }, shadow: null }),
    },
    responses: answer(schemas.modelVersions, 'The versions.'),
    problems: ['not_found'],
  },
  (services) => async (c) => {
    const { model: name } = namesOf(c);
    const { registry, owner } = writable(c, services, name);
    const { data, error } = safeParse(schemas.rollout, await jsonOf(c));
    if (error) {
      const errors = violationsOf(error.issues);
      const text = errors.map(({ detail, pointer }) => `${pointer} ${detail}`).join('; ');
      throw new WhylightError('invalid_request', `The body is not a rollout: ${text}.`, { errors });
    }
    const { canary, shadow } = data;
    const wanted = {
      ...(canary !== undefined && { canary: canary && { ...canary, tenants: canary.tenants ?? [] } }),
      ...(shadow !== undefined && { shadow }),
    };
    return c.json(modelView(name, await registry.rollOut(owner, name, wanted)));
  },
);
