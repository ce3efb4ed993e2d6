import { Hono } from 'hono';
import type { NamedOutput } from '../../core/engine/open-inference.ts';
import { WhylightError } from '../../core/errors.ts';
import type { Inputs } from '../../core/method/contract.ts';
import type { Model } from '../../core/model/model.ts';
import { float32 } from '../../core/tensor/tensor.ts';
import { pictureSource, readBody } from '../explain/body.ts';
import { withDeadline } from '../explain/deadline.ts';
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
    const { maxPixels, maxSamples, edgeMs } = limitsFor(c.get('tenant'), services.limits);
    const inputs = await subjectOf(body, model, services.codecs, maxPixels).inputs();
    checkRows(inputs, maxSamples);
    const asked = wire?.outputs.map(({ name }) => name) ?? [];
    const outputs: NamedOutput[] = [];
    for (const { name } of model.graph.outputs) {
      if (asked.length > 0 && !asked.includes(name)) continue;
      const rows = await withDeadline(c.req.raw.signal, edgeMs, (signal) =>
        services.explainer.predict(
          model,
          { inputs, scores: name, top: 0 },
          { signal, waitUntil: waitUntilOf(c), ...(services.pause && { pause: services.pause }) },
        ),
      );
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

/** @throws WhylightError `budget_exceeded` */
function checkRows(inputs: Inputs, most: number): void {
  const rows = Math.max(0, ...Object.values(inputs).map(({ dims }) => dims[0] ?? 1));
  if (rows <= most) return;
  throw new WhylightError('budget_exceeded', `${rows} rows were sent, ${most} are allowed: send fewer at once.`, {
    allowed: most,
  });
}

function output(model: Model, name: string, inputs: Inputs, rows: readonly Float32Array[]) {
  const shapes = Object.fromEntries(Object.entries(inputs).map(([input, { dims }]) => [input, dims.slice(1)]));
  const dims = model.info({ scores: name, shapes }).scores.dims as readonly number[];
  const values = float32([rows.length, ...dims]);
  for (const [i, row] of rows.entries()) values.data.set(row, i * row.length);
  return values;
}
