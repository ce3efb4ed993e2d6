/** Customers of an application as tenants: its own sign-in, a model from its store, a cache in files. */
import { readFile } from 'node:fs/promises';
import { createEdge } from 'whylight/edge';
import gradCam from 'whylight/methods/activation/grad-cam';
import occlusion from 'whylight/methods/perturbation/occlusion';

/** Sessions of the application: the customer of each. */
export const sessions = new Map([['s-1', 'acme']]);

export const edge = createEdge({
  methods: [gradCam, occlusion],
  models: {
    cifar10: async () => ({
      bytes: new Uint8Array(await readFile('models/cifar10/model.onnx')),
      manifest: JSON.parse(await readFile('models/cifar10/manifest.json', 'utf8')),
    }),
  },
  basePath: '/api/explain',
  authenticate: (request) => sessions.get(request.headers.get('Authorization')?.replace('Session ', '') ?? ''),
  tenants: { '*': { methods: ['grad_cam'] }, acme: {} },
  cache: { memory: 100_000_000 },
  log: (level, message, facts) => level === 'error' && console.error(message, facts),
  limits: { maxBody: 5_000_000, edgeMs: 20_000, memoryBudget: 64_000_000 },
});
