import { createEdge } from 'whylight/edge';
import gradCam from 'whylight/methods/activation/grad-cam';

const edge = createEdge({ methods: [gradCam], models: { cifar10: 'models/cifar10' }, basePath: '/explain' });

export default { hostname: '127.0.0.1', port: Number(process.env.PORT ?? 3000), fetch: edge.fetch };
