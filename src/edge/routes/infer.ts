import { Hono } from 'hono';
import { WhylightError } from '../../core/errors.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import type { NamedOutput } from '../../protocol/open-inference.ts';
import { pictureSource, readBody } from '../explain/body.ts';
import { withDeadline } from '../explain/deadline.ts';
import { subjectOf } from '../explain/input.ts';
import { checkOutputs, inferenceResponse, isBinary, wantedOutputs } from '../http/inference-response.ts';
import { negotiate } from '../http/negotiate.ts';
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
    checkRows(rowsIn(inputs), maxSamples);
    const all = model.graph.outputs.map(({ name }) => name);
    checkOutputs(all, wire);
    const asked = wire?.outputs.map(({ name }) => name) ?? [];
    const names = asked.length === 0 ? all : all.filter((name) => asked.includes(name));
    const answer = await withDeadline(c.req.raw.signal, edgeMs, (signal) =>
      services.explainer.infer(
        model,
        { inputs, names },
        { signal, waitUntil: waitUntilOf(c), ...(services.pause && { pause: services.pause }) },
      ),
    );
    const outputs = Object.entries(answer).map(([name, value]): NamedOutput => ({ name, value }));
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

export const rowsIn = (inputs: Inputs): number => Math.max(0, ...Object.values(inputs).map(({ dims }) => dims[0] ?? 1));

/** @throws WhylightError `budget_exceeded` */
export function checkRows(rows: number, most: number): void {
  if (rows <= most) return;
  throw new WhylightError('budget_exceeded', `${rows} rows were sent, ${most} are allowed: send fewer at once.`, {
    allowed: most,
  });
}
