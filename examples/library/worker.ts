import { open } from 'whylight';
import gradCam from 'whylight/methods/activation/grad-cam';

export default {
  async fetch(request: Request, bindings: { ASSETS: { fetch: typeof fetch } }): Promise<Response> {
    const [file, manifest] = ['model.onnx', 'manifest.json'].map((name) =>
      bindings.ASSETS.fetch(`https://assets/models/cifar10/${name}`),
    );
    const options = { methods: [gradCam], manifest: await (await manifest).json() };
    const model = await open(await (await file).arrayBuffer(), options);
    const explanation = await model.explain(await request.arrayBuffer(), { method: 'grad_cam' });
    return new Response(await explanation.png(), { headers: { 'Content-Type': 'image/png' } });
  },
};
