/** HTTP over TCP: compressed answers, and bodies that are refused before they are sent. */
import type { IncomingMessage, Server } from 'node:http';
import { serve } from '@hono/node-server';
import { Hono, type MiddlewareHandler } from 'hono';
import { COMPRESSIBLE_CONTENT_TYPE_REGEX, compress } from 'hono/compress';

export interface HttpServerOptions {
  readonly fetch: (request: Request) => Response | Promise<Response>;
  readonly hostname: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Maximum number of bytes of a POST body; a longer one is refused before it is sent, where the client waits. */
  readonly maxBody?: number;
}

/**
 * Starts a server.
 * @throws Error of the socket, for an address that is taken
 */
export function startServer({ fetch, hostname, port, maxBody = Infinity }: HttpServerOptions): Promise<Server> {
  const app = new Hono().use(compress({ contentTypeFilter: isCompressible }), withLength);
  app.all('*', (c) => fetch(c.req.raw));
  return new Promise((ready, failed) => {
    const starting = serve({ fetch: app.fetch, hostname, port }, () => ready(starting as Server)) as Server;
    starting.once('error', failed);
    // RFC 9110, 10.1.1: a client that sends "Expect: 100-continue" waits for a word before it sends the body.
    starting.on('checkContinue', (request, response) => {
      if (isTooLong(request, maxBody)) response.setHeader('Connection', 'close');
      else response.writeContinue();
      starting.emit('request', request, response);
    });
  });
}

/** Engines for the browser are large, kept by it for long, and mostly read from this machine. */
const isCompressible = (type: string): boolean =>
  COMPRESSIBLE_CONTENT_TYPE_REGEX.test(type) && !type.startsWith('application/wasm');

/** Names the length of an answer in memory, so that a short one is not compressed. */
const withLength: MiddlewareHandler = async function withLength(c, next) {
  await next();
  const { headers, body } = c.res;
  if (!body || headers.has('Content-Length') || !isCompressible(headers.get('Content-Type') ?? '')) return;
  const bytes = await c.res.arrayBuffer();
  c.res = new Response(bytes, c.res);
  c.res.headers.set('Content-Length', String(bytes.byteLength));
};

/** Uploads are PUT, and have limits of their own. */
const isTooLong = ({ method, headers }: IncomingMessage, maxBody: number): boolean =>
  method === 'POST' && Number(headers['content-length'] ?? 0) > maxBody;
