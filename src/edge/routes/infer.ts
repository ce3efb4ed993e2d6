import { bestClasses } from '../../protocol/classification.ts';
import type { NamedOutput } from '../../protocol/open-inference.ts';
import { imageSource, readBody } from '../explain/body.ts';
import { dataTypesOf } from '../explain/data-body.ts';
import { runAtEdge } from '../explain/explain-cached.ts';
import { inputOf } from '../explain/input.ts';
import { checkRows, rowsIn } from '../explain/rows.ts';
import { checkOutputs, inferenceResponse, isBinary, wantedOutputs } from '../http/inference-response.ts';
import { negotiate } from '../http/negotiate.ts';
import { requestedModel } from '../models/requested-model.ts';
import { inputBody, negotiated } from '../openapi/content.ts';
import { defineRoute } from '../openapi/route.ts';
import { limitsFor } from '../tenants/tenant.ts';

/** Runs the model: inference as every server of the Open Inference Protocol offers it. */
export const infer = defineRoute(
  {
    method: 'post',
    path: '/v2/models/{model}/infer',
    versioned: true,
    tag: 'models',
    summary: "Returns the model's own outputs (Open Inference Protocol).",
    access: 'predict',
    cost: 'inference',
    request: { body: inputBody },
    responses: negotiated('application/octet-stream'),
    headers: ['Inference-Header-Content-Length'],
  },
  (services) => async (c) => {
    const type = negotiate(c.req.header('Accept'), ['application/json', 'application/octet-stream']);
    const served = await requestedModel(c, services.models);
    const { model } = served;
    const body = await readBody(c, imageSource(c, services), await dataTypesOf(services.modalities, served));
    const wire = body.kind === 'image' ? undefined : body.request;
    const { maxPixels, maxSamples } = limitsFor(c.get('tenant'), services.limits);
    const inputs = await inputOf(body, served, services, maxPixels).inputs();
    checkRows(rowsIn(inputs), maxSamples);
    const all = model.graph.outputs.map(({ name }) => name);
    checkOutputs(all, wire);
    const requested = wire?.outputs.map(({ name }) => name) ?? [];
    const names = requested.length === 0 ? all : all.filter((name) => requested.includes(name));
    const tensors = await runAtEdge(c, services, (hooks) => services.explainer.infer(model, { inputs, names }, hooks));
    const outputs = Object.entries(tensors).map(([name, value]): NamedOutput => {
      const { classification } = wire?.outputs.find((output) => output.name === name) ?? {};
      if (classification === undefined) return { name, value };
      const labels = name === model.description.explained.name ? model.labels : undefined;
      return { name, value: bestClasses(value, classification, (element) => labels?.at(element)) };
    });
    return inferenceResponse(
      c,
      {
        ...(wire?.id !== undefined && { id: wire.id }),
        modelName: model.name,
        modelVersion: model.version,
        parameters: { model_digest: model.digest },
        outputs: wantedOutputs(outputs, wire),
      },
      type === 'application/octet-stream' ? () => true : isBinary(wire),
    );
  },
);
