/** Explains instances of KServe's V1 protocol. */
import type { Context } from 'hono';
import type { ExplainedRow, Explanation } from '../../core/explainer/explanation.ts';
import type { Float32Tensors } from '../../core/tensor/rows.ts';
import type { Parameters } from '../../protocol/open-inference.ts';
import type { EdgeEnv } from '../http/env.ts';
import type { Limits } from '../limits.ts';
import type { ServedModel } from '../models/served-model.ts';
import type { Services } from '../services.ts';
import { limitsFor } from '../tenants/tenant.ts';
import { dataTypesOf } from './data-body.ts';
import { type Answer, explainCached } from './explain-cached.ts';
import type { ExplainCondition } from './explain-condition.ts';
import { instancesBody, predictionsOf, type V1Request } from './instances.ts';
import { nested } from './nested.ts';
import { predictAndExplain } from './predict-and-explain.ts';
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
    explanations: rows.map(({ row, explanation }) => explanationOf(row, explanation)),
  };
}

/**
 * Predicts for each instance, and explains those that fulfil the condition. The limits of the request are divided among
 * its instances.
 * @returns an explanation for each prediction, null where there is none
 */
export async function predictAndExplainInstances(
  c: Context<EdgeEnv>,
  services: Services,
  served: ServedModel,
  request: V1Request,
  { condition, parameters }: { readonly condition: ExplainCondition; readonly parameters: Parameters },
) {
  const { model } = served;
  const names = model.graph.outputs.map(({ name }) => name);
  const bodies = instancesBody(request, model, await dataTypesOf(services.modalities, served));
  const limits = shareOf(limitsFor(c.get('tenant'), services.limits), bodies.length);
  const shared = { ...services, limits };
  const predictions: unknown[] = [];
  const explanations: (ReturnType<typeof explanationOf> | null)[] = [];
  for (const body of bodies) {
    const { outputs, rows, explained } = await predictAndExplain(
      c,
      shared,
      { served, body, parameters },
      condition,
      names,
    );
    const own = predictionsOf(outputs);
    predictions.push(...own);
    explanations.push(
      ...own.map((_, row) => {
        const found = explained?.answer.explanation;
        const one = found?.rows[rows.indexOf(row)];
        return found && one ? explanationOf(one, found) : null;
      }),
    );
  }
  return { predictions, explanations };
}

/** Converts a row to an explanation of the protocol. */
const explanationOf = (row: ExplainedRow, explanation: Explanation) => ({
  attributions: row.nothing === undefined ? [attribution(row, explanation)] : [],
  ...(row.predictions && { predictions: row.predictions }),
  ...(row.prediction !== undefined && { prediction: row.prediction }),
  ...(row.features && { features: row.features }),
  ...resultsOf(row),
  ...(explanation.notices && { notices: explanation.notices }),
});

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
    featureAttributions: nestedTensors(values),
    ...(target.index !== undefined && { outputIndex: [target.index] }),
    ...(target.label !== undefined && { outputDisplayName: target.label }),
    ...(convergenceDelta !== undefined && { approximationError: Math.abs(convergenceDelta) }),
    outputName: method,
  };
}

/** Further results of the method, with tensors as nested lists. */
const resultsOf = ({ maps, uncertainty, boxes, text }: ExplainedRow): object => ({
  ...(maps && {
    maps: maps.map(({ name, score, values, features }) => ({
      name,
      ...(score !== undefined && { score }),
      ...(features && { features }),
      featureAttributions: nestedTensors(values),
    })),
  }),
  ...(uncertainty && { uncertainty: nestedTensors(uncertainty.values) }),
  ...(boxes && { boxes }),
  ...(text !== undefined && { text }),
});

const nestedTensors = (tensors: Float32Tensors): object =>
  Object.fromEntries(Object.entries(tensors).map(([name, { dims, data }]) => [name, nested([...data], dims.slice(1))]));
