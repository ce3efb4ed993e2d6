import express from 'express';
import { createEdge, nodeListener } from 'whylight/edge';
import gradCam from 'whylight/methods/activation/grad-cam';

const edge = createEdge({ methods: [gradCam], models: { cifar10: 'models/cifar10' }, basePath: '/explain' });

const app = express();
app.get('/', (_, response) => response.send('Send an image to /explain/v2/models/cifar10/explain'));
// In front of express.json() and other readers of bodies: whylight reads the body itself.
app.use('/explain', nodeListener(edge));

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () =>
  console.log(`listening at http://127.0.0.1:${server.address().port}`),
);
