/** Apps in Node that a suite of bad methods asks, and the tenants' questions to them. */
import type { Method } from '../../src/core/method/contract.ts';
import { createEdge } from '../../src/package/edge-node.ts';
import gradCam from '../../src/plugins/activation/grad-cam.ts';
import guidedBackprop from '../../src/plugins/backprop/guided-backprop.ts';
import lrp from '../../src/plugins/backprop/lrp.ts';
import saliency from '../../src/plugins/gradient/saliency.ts';
import type { AskAs } from './isolation-suite.ts';

const data = Array.from({ length: 3072 }, (_, i) => Math.sin(i * 0.013));

/**
 * Makes an app with good and bad methods.
 * @param bad methods beside those of the other tenant
 * @param edgeMs milliseconds that a run may take
 */
export function isolationEdge(bad: readonly Method[], edgeMs = 20_000): AskAs {
  const edge = createEdge({
    methods: [saliency, gradCam, lrp, guidedBackprop, ...bad],
    models: { cifar10: 'models/cifar10' },
    authenticate: (request) => request.headers.get('X-Tenant') ?? undefined,
    log: () => undefined,
    limits: { edgeMs },
  });
  return async (tenant, method) =>
    edge.fetch(
      new Request(`http://whylight.test/v2/models/cifar10/explain?method=${method}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Tenant': tenant, 'Cache-Control': 'no-store' },
        body: JSON.stringify({ inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 3, 32, 32], data }] }),
      }),
    );
}

/** Asks an impatient app with methods that never end, and a patient one with all others. */
export const withImpatience =
  (edge: AskAs, impatient: AskAs, endless: readonly string[]): AskAs =>
  (tenant, method) =>
    (endless.includes(method) ? impatient : edge)(tenant, method);
