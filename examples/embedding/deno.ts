import { createEdge } from 'whylight/edge';
import gradCam from 'whylight/methods/activation/grad-cam';

const edge = createEdge({ methods: [gradCam], models: { cifar10: 'models/cifar10' }, basePath: '/explain' });

Deno.serve({ hostname: '127.0.0.1', port: Number(Deno.env.get('PORT') ?? 3000) }, edge.fetch);
