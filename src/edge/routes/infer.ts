import { Hono } from 'hono';
import { encodeResponse, HEADER_LENGTH, type NamedOutput } from '../../core/engine/open-inference.ts';
import { float32 } from '../../core/tensor/tensor.ts';
import { readBody } from '../explain/body.ts';
import { subjectOf } from '../explain/subject.ts';
import { negotiate } from '../negotiate.ts';
import { type EdgeEnv, type Services, waitUntilOf } from '../services.ts';
import { isBinary, wanted } from './explain.ts';
import { modelOf, modelPaths } from './models.ts';

/** `POST /v2/models/{model}/infer`: the model's own outputs, as any server of the Open Inference Protocol gives them. */
export const inferRoutes = (services: Services) =>
  new Hono<EdgeEnv>().on('POST', modelPaths('/infer'), async (c) => {
    negotiate(c.req.header('Accept'), ['application/json', 'application/octet-stream']);
    const { model } = await modelOf(c, services);
    const body = await readBody(c);
    const request = body.kind === 'tensors' ? body.request : undefined;
    const inputs = await subjectOf(body, model, services.codecs).inputs();
    const names = request?.outputs.length ? request.outputs.map(({ name }) => name) : undefined;
    const outputs: NamedOutput[] = [];
    for (const { name } of model.graph.outputs) {
      if (names && !names.includes(name)) continue;
      const rows = await services.explainer.predict(
        model,
        { inputs, scores: name, top: 0 },
        { signal: c.req.raw.signal, waitUntil: waitUntilOf(c) },
      );
      const shapes = Object.fromEntries(Object.entries(inputs).map(([input, { dims }]) => [input, dims.slice(1)]));
      const dims = model.info({ scores: name, shapes }).scores.dims as readonly number[];
      const values = float32([rows.length, ...dims]);
      for (const [i, { scores }] of rows.entries()) values.data.set(scores, i * scores.length);
      outputs.push({ name, value: values });
    }
    const { body: bytes, headerLength } = encodeResponse(
      {
        ...(request?.id !== undefined && { id: request.id }),
        modelName: model.name,
        modelVersion: model.version,
        parameters: { model_digest: model.digest },
        outputs: wanted(outputs, request),
      },
      isBinary(request),
    );
    if (headerLength !== undefined) c.header(HEADER_LENGTH, String(headerLength));
    return c.body(bytes, 200, {
      'Content-Type': headerLength === undefined ? 'application/json' : 'application/octet-stream',
    });
  });
