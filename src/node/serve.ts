/** The app as a process: HTTP over TCP, and an end without losing anything. */
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
  /** Takes no new work, finishes what runs, and closes. */
  stop(): Promise<void>;
}

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
    async stop() {
      await admission.drain();
      await Promise.allSettled(left);
      await new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeIdleConnections();
      });
    },
  };
}
