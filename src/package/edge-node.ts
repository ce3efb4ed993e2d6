/** `whylight/edge` in Node: the whole app over models in folders. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { createContainer } from '../composition/container.ts';
import { coreModule, engineModule } from '../composition/core.ts';
import { PROCESS_LIMITS } from '../core/limits.ts';
import { createApp } from '../edge/app.ts';
import { edgeModule, edgeParts } from '../edge/composition/edge-module.ts';
import { servicesOf } from '../edge/composition/services-of.ts';
import { settingsModule } from '../edge/composition/settings-module.ts';
import type { Limits } from '../edge/limits.ts';
import { nodeModule } from '../node/node-module.ts';
import { onnxruntimeNode } from '../node/onnxruntime-node.ts';
import { configuredBy, type EdgeSettings } from './edge.ts';

export { isolate } from '../node/isolation/load-isolated.ts';
export { tenantFolder } from '../node/tenant-folder.ts';
export * from './edge.ts';

const LIMITS: Limits = {
  maxBody: 10 * 2 ** 20,
  maxPixels: 50_000_000,
  maxSamples: 20_000,
  edgeMs: 600_000,
  edgeBytes: 1024 * 2 ** 20,
};

/** App in Node as one `fetch`. */
export interface Edge {
  /** Answers a request. Errors become problem responses (RFC 9457). */
  fetch(request: Request): Response | Promise<Response>;
}

/**
 * Makes the app as one `fetch`. Answers are cached in 64 MiB of memory unless `settings.cache` says otherwise; requests
 * are not counted unless `settings.parts` brings `rates`.
 * @throws WhylightError `invalid_config` for a tenant that does not fit its schema, a base path that is none, or a limit
 * of another name
 *
 * @example
 * import { createEdge } from 'whylight/edge';
 * import gradCam from 'whylight/methods/activation/grad-cam';
 * const edge = createEdge({ methods: [gradCam], models: { cifar10: 'models/cifar10' } });
 * const response = await edge.fetch(new Request('http://localhost/v2/models'));
 * @see docs/api.md
 */
export function createEdge(settings: EdgeSettings): Edge {
  const configured = configuredBy(settings);
  const { parts = {}, engine = onnxruntimeNode(), ...host } = settings;
  const services = servicesOf(
    createContainer(
      coreModule(configured),
      engineModule(engine),
      edgeModule(configured.tenants),
      nodeModule({ models: configured.models, limits: LIMITS }),
      settingsModule({ cache: 'memory', ...host }, { ...PROCESS_LIMITS, ...LIMITS }),
      edgeParts(parts),
    ),
  );
  const app = createApp(services);
  const context = {
    waitUntil(promise: Promise<unknown>): void {
      promise.catch((error: unknown) => {
        services.log('error', 'work after an answer failed', { reason: String(error) });
      });
    },
    passThroughOnException() {},
    props: {},
  };
  return { fetch: (request: Request) => app.fetch(request, {}, context) };
}

/**
 * Converts the app to a request listener of Node, which is also middleware of Express. The app reads the body itself, so
 * it stands in front of readers of bodies such as `express.json()`.
 *
 * @example
 * import express from 'express';
 * import { createEdge, nodeListener } from 'whylight/edge';
 * const edge = createEdge({ methods: [gradCam], models: { cifar10: 'models/cifar10' }, basePath: '/explain' });
 * express().use('/explain', nodeListener(edge)).listen(3000);
 */
export const nodeListener = (edge: Edge): ((incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>) =>
  getRequestListener((request) => edge.fetch(request), { overrideGlobalObjects: false });
