/** Access to the metrics of a server, which name tenants, models and methods. */
import { Hono } from 'hono';
import type { Metrics } from '../edge/observe/metrics.ts';

export interface MetricsOptions {
  /** Address that the server listens at. */
  readonly host: string;
  /** Key that `/metrics` asks for. */
  readonly metricsKey?: string;
  /** Port that serves `/metrics` alone, without a key; 0 for any that is free. */
  readonly metricsPort?: number;
  /** Address of that port; 127.0.0.1 when left out. */
  readonly metricsHost?: string;
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1|\[::1\])$/;

/**
 * Tells if the server's own port serves `/metrics`: with a key, or where only this machine can ask; never beside a port
 * of its own.
 */
export const isMetricsPublic = ({ host, metricsKey, metricsPort }: MetricsOptions): boolean =>
  metricsPort === undefined && (metricsKey !== undefined || LOOPBACK.test(host));

/** The same sink, without the text that is served. */
export const withoutText = (metrics: Metrics): Metrics => ({
  count: (facts) => metrics.count(facts),
  ran: (facts) => metrics.ran?.(facts),
});

/** App that serves `/metrics`, and nothing else. */
export function metricsApp({ text }: { readonly text: NonNullable<Metrics['text']> }): Hono {
  const app = new Hono();
  app.get('/metrics', (c) => {
    const { body, type } = text();
    return c.body(body, 200, { 'Content-Type': type });
  });
  return app;
}
