/** Handler of the route `infer`. */
import type { Context } from 'hono';
import type { Model } from '../../../core/model/model.ts';
import { type Tensor, tensor } from '../../../core/tensor/tensor.ts';
import { bestClasses } from '../../../protocol/classification.ts';
import type { InferenceRequest, NamedOutput, Parameters } from '../../../protocol/open-inference.ts';
import { imageSource, readBody } from '../../explain/body.ts';
import { dataTypesOf } from '../../explain/data-body.ts';
import { runAtEdge } from '../../explain/explain-cached.ts';
import { type ExplainCondition, readCondition } from '../../explain/explain-condition.ts';
import { setHeaders, sourceHeaders } from '../../explain/headers.ts';
import { inputOf } from '../../explain/input.ts';
import { predictAndExplain } from '../../explain/predict-and-explain.ts';
import type { RawQuery } from '../../explain/query.ts';
import { wireAnswer } from '../../explain/represent.ts';
import { checkRows, rowsIn } from '../../explain/rows.ts';
import type { EdgeEnv } from '../../http/env.ts';
import { checkOutputs, inferenceResponse, isBinary, wantedOutputs } from '../../http/inference-response.ts';
import { negotiate } from '../../http/negotiate.ts';
import { answeringModel } from '../../models/requested-model.ts';
import type { Route } from '../../openapi/route.ts';
import type { Services } from '../../services.ts';
import { limitsFor } from '../../tenants/tenant.ts';

/** Answers with the outputs of the model, and with explanations of the rows that fulfil the condition. */
export const handleInfer: Route['handler'] = (services) => async (c) => {
  const type = negotiate(c.req.header('Accept'), ['application/json', 'application/octet-stream']);
  const served = await answeringModel(c, services.models);
  const types = await dataTypesOf(services.modalities, served);
  const body = await readBody(c, imageSource(c, services), types, services.codecs.types);
  const wire = body.kind === 'image' ? undefined : body.request;
  const { condition, parameters } = await readCondition({ ...c.req.query(), ...body.parameters });
  const raw = { served, body, parameters };
  const { outputs, parameters: further = {} } = condition
    ? await explainedOutputs(c, services, raw, condition, wire)
    : { outputs: await modelOutputs(c, services, raw, wire) };
  return inferenceResponse(
    c,
    {
      ...(wire?.id !== undefined && { id: wire.id }),
      modelName: served.model.name,
      modelVersion: served.model.version,
      parameters: { ...further, model_digest: served.model.digest },
      outputs,
    },
    type === 'application/octet-stream' ? () => true : isBinary(wire),
  );
};

/** The outputs that a request names, in its order; all when it names none. */
async function modelOutputs(
  c: Context<EdgeEnv>,
  services: Services,
  { served, body }: RawQuery,
  wire: InferenceRequest | undefined,
): Promise<readonly NamedOutput[]> {
  const { model } = served;
  const { maxPixels, maxSamples } = limitsFor(c.get('tenant'), services.limits);
  const inputs = await inputOf(body, served, services, maxPixels).inputs();
  checkRows(rowsIn(inputs), maxSamples);
  const names = namesFor(model, wire);
  const tensors = await runAtEdge(c, services, (hooks) => services.explainer.infer(model, { inputs, names }, hooks));
  return wantedOutputs(namedOutputs(model, tensors, wire), wire);
}

/** Prefix of the outputs of an explanation among those of the model. */
const EXPLANATION = 'explanation.';

/** Output with the numbers of the rows that are explained. */
const ROWS = 'explained_rows';

const isOfExplanation = (name: string): boolean => name === ROWS || name.startsWith(EXPLANATION);

/**
 * The outputs of the model, and those of the explanation of the rows that fulfil the condition. A request may name
 * outputs of both; all outputs of the explanation are sent when it names none of them. The numbers of the explained rows
 * are always sent.
 */
async function explainedOutputs(
  c: Context<EdgeEnv>,
  services: Services,
  raw: RawQuery,
  condition: ExplainCondition,
  wire: InferenceRequest | undefined,
): Promise<{ readonly outputs: readonly NamedOutput[]; readonly parameters: Parameters }> {
  const { model } = raw.served;
  const named = wire?.outputs.filter(({ name }) => !isOfExplanation(name)) ?? [];
  const chosen = wire?.outputs.filter(({ name }) => isOfExplanation(name)) ?? [];
  checkOutputs(
    [...model.graph.outputs, { name: ROWS }, ...chosen].map(({ name }) => name),
    wire,
  );
  const ofModel = wire && { ...wire, outputs: named };
  const names = named.length === 0 && chosen.length > 0 ? [] : namesFor(model, ofModel);
  const { outputs, rows, explained } = await predictAndExplain(c, services, raw, condition, names);
  const own = wantedOutputs(namedOutputs(model, outputs, ofModel), ofModel);
  const list: NamedOutput = { name: ROWS, value: tensor('int64', [rows.length], rows) };
  if (!explained) return { outputs: [...own, list], parameters: { explained: 0 } };
  setHeaders(c, sourceHeaders(explained.answer));
  const { wire: _, ...query } = explained.query;
  const answer = await wireAnswer(c, services, query, explained.answer.explanation);
  const all = answer.outputs.map(({ name, value }) => ({ name: `${EXPLANATION}${name}`, value }));
  const wanted = chosen.filter(({ name }) => name !== ROWS);
  const sent = chosen.length > 0 && wanted.length === 0 ? [] : wantedOutputs(all, { outputs: wanted });
  return {
    outputs: [...own, list, ...sent],
    parameters: { ...answer.parameters, explained: rows.length },
  };
}

/** Names of the wanted outputs of the model, in the order of the graph. */
function namesFor({ graph }: Model, wire: InferenceRequest | undefined): readonly string[] {
  const all = graph.outputs.map(({ name }) => name);
  checkOutputs(all, wire);
  const requested = wire?.outputs.map(({ name }) => name) ?? [];
  return requested.length === 0 ? all : all.filter((name) => requested.includes(name));
}

/** Outputs under their names, as best classes where the request asks for those. */
const namedOutputs = (
  model: Model,
  tensors: Readonly<Record<string, Tensor>>,
  wire: InferenceRequest | undefined,
): NamedOutput[] =>
  Object.entries(tensors).map(([name, value]) => {
    const { classification } = wire?.outputs.find((output) => output.name === name) ?? {};
    if (classification === undefined) return { name, value };
    const labels = name === model.description.explained.name ? model.labels : undefined;
    return { name, value: bestClasses(value, classification, (element) => labels?.at(element)) };
  });
