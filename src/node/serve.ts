/** The app as a process: HTTP over TCP, with a graceful shutdown. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from '../edge/app.ts';
import type { Metrics } from '../edge/observe/metrics.ts';
import { startServer } from './http-server.ts';
import { isMetricsPublic, type MetricsOptions, metricsApp, withoutText } from './metrics-access.ts';
import { type OriginOptions, originServices } from './origin-services.ts';

export interface ServeOptions extends OriginOptions, MetricsOptions {
  /** 0 for any that is free. */
  readonly port: number;
}

export interface Serving {
  readonly url: string;
  /** Address of the metrics; absent where they are not served. */
  readonly metricsUrl?: string;
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
  const { services, admission, telemetry } = await originServices(options);
  const { metrics, log } = services;
  const isPublic = isMetricsPublic(options);
  const app = createApp(isPublic || !metrics ? services : { ...services, metrics: withoutText(metrics) });
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
  const server = await startServer({
    fetch: (request) => app.fetch(request, {}, context),
    hostname: options.host,
    port: options.port,
    maxBody: services.limits.maxBody,
  });
  const ownPort = await metricsServer(options, metrics);
  if (!isPublic && !ownPort) {
    log('info', 'metrics are not served: other machines reach this port, and they name tenants and models', {
      remedy: 'set WHYLIGHT_METRICS_KEY, or --metrics-port',
    });
  }
  const url = addressOf(server, options.host);
  const metricsUrl = ownPort ? addressOf(ownPort, metricsHostOf(options)) : isPublic ? url : undefined;
  return {
    url,
    ...(metricsUrl !== undefined && { metricsUrl: `${metricsUrl}/metrics` }),
    async stop(limit = DRAIN_MS) {
      const end = performance.now() + limit;
      const unfinished = await admission.drain(limit);
      if (unfinished > 0) services.log('warn', 'runs are cut off, since their time to finish is over', { unfinished });
      const rest = new Promise((over) => setTimeout(over, Math.max(0, end - performance.now())).unref());
      await Promise.race([Promise.allSettled(left), rest]);
      ownPort?.close();
      ownPort?.closeAllConnections();
      await new Promise<void>((closed) => {
        server.close(() => closed());
        if (unfinished > 0) server.closeAllConnections();
        else server.closeIdleConnections();
      });
      await telemetry?.shutdown();
    },
  };
}

const metricsHostOf = ({ metricsHost = '127.0.0.1' }: MetricsOptions): string => metricsHost;

async function metricsServer(options: MetricsOptions, metrics: Metrics | undefined): Promise<Server | undefined> {
  if (options.metricsPort === undefined || !metrics?.text) return undefined;
  const app = metricsApp({ text: metrics.text.bind(metrics) });
  const fetch = (request: Request) => app.fetch(request);
  return startServer({ fetch, hostname: metricsHostOf(options), port: options.metricsPort });
}

const addressOf = (server: Server, host: string): string => `http://${host}:${(server.address() as AddressInfo).port}`;
