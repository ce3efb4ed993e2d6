/** The app as a process: HTTP over TCP, with a graceful shutdown. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve as listen } from '@hono/node-server';
import { createApp } from '../edge/app.ts';
import { type OriginOptions, originServices } from './origin-services.ts';

export interface ServeOptions extends OriginOptions {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
}

export interface Serving {
  readonly url: string;
  /**
   * Takes no new work, finishes what runs, and closes. What runs longer loses its connection: an edge then asks another
   * origin, and jobs are tried again.
   * @param limit milliseconds; 30 seconds when left out
   */
  stop(limit?: number): Promise<void>;
}

/** Default grace period of a cluster before it kills a container. */
const DRAIN_MS = 30_000;

export async function serve(options: ServeOptions): Promise<Serving> {
  const { services, admission } = await originServices(options);
  const app = createApp(services);
  const left = new Set<Promise<unknown>>();
  const context = {
    waitUntil(promise: Promise<unknown>): void {
      const settled = promise.catch((error: unknown) => {
        services.log('error', 'work after an answer failed', { reason: String(error) });
      });
      left.add(settled);
      settled.finally(() => left.delete(settled));
    },
    passThroughOnException(): void {},
    props: {},
  };
  const server = await new Promise<Server>((ready, failed) => {
    const starting = listen(
      { fetch: (request) => app.fetch(request, {}, context), hostname: options.host, port: options.port },
      () => ready(starting as Server),
    ) as Server;
    starting.once('error', failed);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host}:${port}`,
    async stop(limit = DRAIN_MS) {
      const end = performance.now() + limit;
      const unfinished = await admission.drain(limit);
      if (unfinished > 0) services.log('warn', 'runs are cut off, since their time to finish is over', { unfinished });
      const rest = new Promise((over) => setTimeout(over, Math.max(0, end - performance.now())).unref());
      await Promise.race([Promise.allSettled(left), rest]);
      await new Promise<void>((closed) => {
        server.close(() => closed());
        if (unfinished > 0) server.closeAllConnections();
        else server.closeIdleConnections();
      });
    },
  };
}
