import saliency from 'whylight/methods/gradient/saliency';
import { float32, openPrepared, type PreparedModel } from 'whylight/prepared';

let model: PreparedModel | undefined;

export default {
  async fetch(request: Request, { MODELS }: { readonly MODELS: Pick<Fetcher, 'fetch'> }): Promise<Response> {
    const file = await MODELS.fetch('https://assets/model.prepared');
    model ??= openPrepared(new Uint8Array(await file.arrayBuffer()), { methods: [saliency] });
    const input = float32([1, 3, 32, 32], await request.json<number[]>());
    const { rows } = await model.explain({ method: 'saliency', inputs: { input } });
    return Response.json({ top: rows[0]?.top, map: [...(rows[0]?.map?.data ?? [])] });
  },
};
