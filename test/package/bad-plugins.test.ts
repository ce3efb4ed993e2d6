/** Bad methods in Node, in an app that a host embeds. */
import { hardenBuiltIns } from '../../src/core/harden.ts';
import { createEdge } from '../../src/package/edge-node.ts';
import gradCam from '../../src/plugins/activation/grad-cam.ts';
import guidedBackprop from '../../src/plugins/backprop/guided-backprop.ts';
import lrp from '../../src/plugins/backprop/lrp.ts';
import saliency from '../../src/plugins/gradient/saliency.ts';
import { BAD_PLUGINS } from '../support/bad-plugins.ts';
import { testIsolation } from '../support/isolation-suite.ts';

hardenBuiltIns();

const edgeOf = (edgeMs: number) =>
  createEdge({
    methods: [saliency, gradCam, lrp, guidedBackprop, ...BAD_PLUGINS.map(({ method }) => method)],
    models: { cifar10: 'models/cifar10' },
    authenticate: (request) => request.headers.get('X-Tenant') ?? undefined,
    log: () => undefined,
    limits: { edgeMs },
  });
const edge = edgeOf(20_000);
const impatient = edgeOf(300);
const data = Array.from({ length: 3072 }, (_, i) => Math.sin(i * 0.013));

const asking =
  (app: typeof edge) =>
  async (tenant: string, method: string): Promise<Response> =>
    (method === 'bad_never' ? impatient : app).fetch(
      new Request(`http://whylight.test/v2/models/cifar10/explain?method=${method}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Tenant': tenant, 'Cache-Control': 'no-store' },
        body: JSON.stringify({ inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], data }] }),
      }),
    );

testIsolation(asking(edge), asking(edgeOf(20_000)));
