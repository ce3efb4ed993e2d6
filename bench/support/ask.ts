/** One request after another over one connection, with as little of a client's own work as there can be. */
import { Agent, type IncomingHttpHeaders, request } from 'node:http';

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Milliseconds from the first byte sent to the last one received. */
  readonly wall: number;
}

const agent = new Agent({ keepAlive: true });

export function post(url: string, headers: Readonly<Record<string, string>>, body: Uint8Array): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const sent = request(url, { method: 'POST', agent, headers: { ...headers, 'Content-Length': body.length } });
    sent.once('error', reject);
    sent.once('response', (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('error', reject);
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(parts),
          wall: performance.now() - started,
        }),
      );
    });
    sent.end(body);
  });
}

/** Milliseconds by name, of the header Server-Timing. */
export function serverTiming({ headers }: Answered): Readonly<Record<string, number>> {
  const parts = String(headers['server-timing'] ?? '').matchAll(/([\w-]+)[^,]*?dur=([\d.]+)/g);
  return Object.fromEntries([...parts].map(([, name, duration]) => [name, Number(duration)]));
}
