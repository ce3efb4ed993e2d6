import { type Context, Hono } from 'hono';
import type { ExplainedRow, Explanation } from '../../core/explainer/explanation.ts';
import type { Model } from '../../core/model/model.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import { object, parse } from '../../protocol/open-inference.ts';
import { withDeadline } from '../explain/deadline.ts';
import { subjectOf } from '../explain/input.ts';
import { answerTo, questionOf } from '../explain/query.ts';
import { instancesBody, type V1Request } from '../explain/v1-body.ts';
import { negotiate } from '../http/negotiate.ts';
import { type EdgeEnv, type Limits, type Services, waitUntilOf } from '../services.ts';
import { limitsFor, offeredTo } from '../tenants/tenant.ts';
import { checkRows, rowsIn } from './infer.ts';
import { modelOf } from './models.ts';

/**
 * KServe's V1 protocol: `POST /v1/models/{model}:predict` and `:explain`, with `{"instances": [...]}`; an instance is a
 * nested list of numbers, an object of them by input name, or `{"b64": "..."}` for a picture. Parameters of the explanation
 * come in the query or under `"parameters"`. Explanations are attributions as Vertex AI writes them.
 */
export const kserveV1Routes = (services: Services) =>
  new Hono<EdgeEnv>()
    .get('/v1/models', async (c) => c.json({ models: await services.models.names(c.get('tenant')) }))
    .get('/v1/models/:model', async (c) => {
      const { model } = await modelOf(c, services);
      return c.json({ name: model.name, ready: true });
    })
    // The colon may come encoded, which is not decoded before paths are compared.
    .post('/v1/models/:target{[^/]+(?::|%3[Aa])(?:explain|predict)}', async (c) => {
      const [, name = '', verb] = /^(.+)(?::|%3a)(explain|predict)$/i.exec(c.req.param('target')) ?? [];
      const { model } = await services.models.get(name, c.get('tenant'), waitUntilOf(c));
      c.get('seen').model = model.name;
      const made = ['application/json'] as const;
      negotiate(c.req.header('Accept'), verb === 'predict' ? made : offeredTo(c.get('tenant'), made));
      const request: V1Request = object(parse(new Uint8Array(await c.req.arrayBuffer())), '');
      c.set('places', { parameters: Object.keys(request.parameters ?? {}), input: () => '#/instances' });
      return verb === 'predict' ? predict(c, services, model, request) : explain(c, services, model, request);
    });

async function predict(c: Context<EdgeEnv>, services: Services, model: Model, request: V1Request): Promise<Response> {
  const { maxPixels, maxSamples, edgeMs } = limitsFor(c.get('tenant'), services.limits);
  const predictions: unknown[] = [];
  const names = model.graph.outputs.map(({ name }) => name);
  const bodies = instancesBody(request, model);
  checkRows(bodies.length, maxSamples);
  const infer = (inputs: Inputs, ms: number) =>
    withDeadline(c.req.raw.signal, ms, (signal) =>
      services.explainer.infer(model, { inputs, names }, { signal, waitUntil: waitUntilOf(c) }),
    );
  const end = Date.now() + edgeMs;
  for (const body of bodies) {
    const inputs = await subjectOf(body, model, services.codecs, maxPixels).inputs();
    checkRows(rowsIn(inputs), maxSamples);
    const answer = await infer(inputs, Math.max(1, end - Date.now()));
    const rows = Object.values(answer)[0]?.dims[0] ?? 0;
    for (let row = 0; row < rows; row++) {
      const values = Object.entries(answer).map(([output, { dims, data }]) => {
        const size = data.length / (dims[0] as number);
        return [output, nested(Array.from(data.slice(row * size, (row + 1) * size), Number), dims.slice(1))] as const;
      });
      predictions.push(values.length === 1 ? values[0]?.[1] : Object.fromEntries(values));
    }
  }
  return c.json({ predictions });
}

async function explain(c: Context<EdgeEnv>, services: Services, model: Model, request: V1Request): Promise<Response> {
  const explanations: object[] = [];
  const predictions: object[] = [];
  const bodies = instancesBody(request, model);
  const shared = { ...services, limits: shareOf(limitsFor(c.get('tenant'), services.limits), bodies.length) };
  for (const body of bodies) {
    const given = { method: 'grad_cam', ...c.req.query(), ...body.parameters };
    const question = await questionOf(c, shared, body, given, model.name);
    const { explanation } = await answerTo(c, shared, question);
    for (const row of explanation.rows) {
      explanations.push({ attributions: [attribution(row, explanation)] });
      predictions.push(row.top);
    }
  }
  return c.json({ predictions, explanations });
}

/** What is left for each of several questions: the limits are those of the request. */
const shareOf = (limits: Limits, questions: number): Limits => ({
  ...limits,
  maxSamples: Math.floor(limits.maxSamples / questions),
  edgeMs: Math.floor(limits.edgeMs / questions),
});

/** An attribution as Vertex AI has it. */
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

/** A flat list as nested ones. */
function nested(values: readonly number[], dims: readonly number[]): unknown {
  const [extent, ...rest] = dims;
  if (extent === undefined) return values[0];
  const size = values.length / extent;
  if (rest.length === 0) return values;
  return Array.from({ length: extent }, (_, i) => nested(values.slice(i * size, (i + 1) * size), rest));
}
