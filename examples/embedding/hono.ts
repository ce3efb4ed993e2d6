import { Hono } from 'hono';
import { createEdge } from 'whylight/edge';
import gradCam from 'whylight/methods/activation/grad-cam';

const edge = createEdge({ methods: [gradCam], models: { cifar10: 'models/cifar10' }, basePath: '/explain' });

const app = new Hono();
app.get('/', (c) => c.text('Send an image to /explain/v2/models/cifar10/explain'));
app.all('/explain/*', (c) => edge.fetch(c.req.raw));

export default app;
