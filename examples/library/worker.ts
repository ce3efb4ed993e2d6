import { type OpenOptions, open } from 'whylight';
import gradCam from 'whylight/methods/activation/grad-cam';

export default {
  async fetch(request: Request, bindings: { readonly MODELS: Fetcher }): Promise<Response> {
    const file = await bindings.MODELS.fetch('https://assets/cifar10/model.onnx');
    const stated = await bindings.MODELS.fetch('https://assets/cifar10/manifest.json');
    const manifest = await stated.json<NonNullable<OpenOptions['manifest']>>();
    const model = await open(await file.arrayBuffer(), { methods: [gradCam], manifest });
    const explanation = await model.explain(await request.arrayBuffer());
    return new Response(await explanation.png(), { headers: { 'Content-Type': 'image/png' } });
  },
};
