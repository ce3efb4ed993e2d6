// app/explain/[[...path]]/route.ts
import { createEdge } from 'whylight/edge';
import gradCam from 'whylight/methods/activation/grad-cam';

const edge = createEdge({ methods: [gradCam], models: { cifar10: 'models/cifar10' }, basePath: '/explain' });

const handler = (request: Request): Response | Promise<Response> => edge.fetch(request);

export { handler as DELETE, handler as GET, handler as POST, handler as PUT };
