import { readFile } from 'node:fs/promises';
import { createStorage } from 'unstorage';
import fsDriver from 'unstorage/drivers/fs';
import { createEdge } from 'whylight/edge';
import gradCam from 'whylight/methods/activation/grad-cam';

const cache = createStorage({ driver: fsDriver({ base: './answers' }) });
const edge = createEdge({ methods: [gradCam], models: { cifar10: 'models/cifar10' }, cache, log: () => {} });

const response = await edge.fetch(
  new Request('http://localhost/v2/models/cifar10/explain?method=grad_cam', {
    method: 'POST',
    headers: { 'Content-Type': 'image/jpeg' },
    body: await readFile('cat.jpg'),
  }),
);
console.log(response.status, response.headers.get('X-Whylight-Cache')); // 200 miss; 200 hit the second time it is run
