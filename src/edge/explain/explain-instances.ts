/** Explains instances of KServe's V1 protocol. */
import type { Context } from 'hono';
import type { ExplainedRow, Explanation } from '../../core/explainer/explanation.ts';
import type { EdgeEnv } from '../http/env.ts';
import type { Limits } from '../limits.ts';
import type { ServedModel } from '../models/served-model.ts';
import type { Services } from '../services.ts';
import { limitsFor } from '../tenants/tenant.ts';
import { dataTypesOf } from './data-body.ts';
import { type Answer, explainCached } from './explain-cached.ts';
import { instancesBody, type V1Request } from './instances.ts';
import { nested } from './nested.ts';
import { queryOf } from './query.ts';

/** Explains each instance. The limits of the request are divided among its instances. */
export async function explainInstances(
  c: Context<EdgeEnv>,
  services: Services,
  served: ServedModel,
  request: V1Request,
) {
  const bodies = instancesBody(request, served.model, await dataTypesOf(services.modalities, served));
  const limits = shareOf(limitsFor(c.get('tenant'), services.limits), bodies.length);
  const shared = { ...services, limits };
  const answers: Answer[] = [];
  for (const body of bodies) {
    const parameters = { ...c.req.query(), ...body.parameters };
    const query = await queryOf(c, shared, { served, body, parameters });
    answers.push(await explainCached(c, shared, query));
  }
  const rows = answers.flatMap(({ explanation }) => explanation.rows.map((row) => ({ row, explanation })));
  return {
    answers,
    predictions: rows.map(({ row }) => row.top),
    explanations: rows.map(({ row, explanation }) => ({
      attributions: row.nothing === undefined ? [attribution(row, explanation)] : [],
      ...(row.predictions && { predictions: row.predictions }),
      ...(row.features && { features: row.features }),
      ...(explanation.notices && { notices: explanation.notices }),
    })),
  };
}

const shareOf = (limits: Limits, count: number): Limits => ({
  ...limits,
  maxSamples: Math.floor(limits.maxSamples / count),
  edgeMs: Math.floor(limits.edgeMs / count),
});

/** Converts a row to an attribution of Vertex AI. */
function attribution(row: ExplainedRow, { method }: Explanation): object {
  const { target, score, baselineScore, convergenceDelta, values } = row;
  return {
    ...(baselineScore !== undefined && { baselineOutputValue: baselineScore }),
    instanceOutputValue: score,
    featureAttributions: Object.fromEntries(
      Object.entries(values).map(([name, { dims, data }]) => [name, nested([...data], dims.slice(1))]),
    ),
    ...(target.index !== undefined && { outputIndex: [target.index] }),
    ...(target.label !== undefined && { outputDisplayName: target.label }),
    ...(convergenceDelta !== undefined && { approximationError: Math.abs(convergenceDelta) }),
    outputName: method,
  };
}
