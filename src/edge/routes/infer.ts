import { Hono } from 'hono';
import type { NamedOutput } from '../../core/engine/open-inference.ts';
import type { Inputs } from '../../core/method/contract.ts';
import type { Model } from '../../core/model/model.ts';
import { float32 } from '../../core/tensor/tensor.ts';
import { pictureSource, readBody } from '../explain/body.ts';
import { subjectOf } from '../explain/subject.ts';
import { inferenceResponse, isBinary, wantedOutputs } from '../inference-response.ts';
import { negotiate } from '../negotiate.ts';
import { type EdgeEnv, type Services, waitUntilOf } from '../services.ts';
import { limitsFor } from '../tenants/tenant.ts';
import { modelOf, modelPaths } from './models.ts';

/** `POST /v2/models/{model}/infer`: the model's own outputs, as any server of the Open Inference Protocol gives them. */
export const inferRoutes = (services: Services) =>
  new Hono<EdgeEnv>().on('POST', modelPaths('/infer'), async (c) => {
    const type = negotiate(c.req.header('Accept'), ['application/json', 'application/octet-stream']);
    const { model } = await modelOf(c, services);
    const body = await readBody(c, pictureSource(c, services));
    const wire = body.kind === 'tensors' ? body.request : undefined;
    const inputs = await subjectOf(
      body,
      model,
      services.codecs,
      limitsFor(c.get('tenant'), services.limits).maxPixels,
    ).inputs();
    const asked = wire?.outputs.map(({ name }) => name) ?? [];
    const outputs: NamedOutput[] = [];
    for (const { name } of model.graph.outputs) {
      if (asked.length > 0 && !asked.includes(name)) continue;
      const hooks = { signal: c.req.raw.signal, waitUntil: waitUntilOf(c) };
      const rows = await services.explainer.predict(model, { inputs, scores: name, top: 0 }, hooks);
      outputs.push({
        name,
        value: output(
          model,
          name,
          inputs,
          rows.map(({ scores }) => scores),
        ),
      });
    }
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
  });

function output(model: Model, name: string, inputs: Inputs, rows: readonly Float32Array[]) {
  const shapes = Object.fromEntries(Object.entries(inputs).map(([input, { dims }]) => [input, dims.slice(1)]));
  const dims = model.info({ scores: name, shapes }).scores.dims as readonly number[];
  const values = float32([rows.length, ...dims]);
  for (const [i, row] of rows.entries()) values.data.set(row, i * row.length);
  return values;
}
