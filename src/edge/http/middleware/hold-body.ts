import type { Context, MiddlewareHandler } from 'hono';
import type { MemoryPool } from '../../../core/memory-pool.ts';
import type { EdgeEnv } from '../env.ts';

/** Media types of answers that begin before the work that the body is needed for has ended. */
const STREAMED = /^(text\/event-stream|application\/vnd\.whylight\.frames)/;

/**
 * Counts the bodies of all requests together, from before they are read until the answer is made.
 * @param maxBody bytes that are counted for a body whose length is not declared, or that is compressed
 * @throws WhylightError `overloaded` while the bodies of others take the memory
 */
export const holdBody = (pool: MemoryPool | undefined, maxBody: number): MiddlewareHandler<EdgeEnv> =>
  async function holdBody(c, next) {
    if (!pool || !c.req.raw.body) return next();
    const release = await pool.reserve('bodies', lengthOf(c, maxBody));
    let streams = false;
    try {
      await next();
      const { body } = c.res;
      streams = body !== null && STREAMED.test(c.res.headers.get('Content-Type') ?? '');
      if (streams && body) c.res = new Response(untilClosed(body, release), c.res);
    } finally {
      if (!streams) release();
    }
  };

function lengthOf({ req }: Context<EdgeEnv>, maxBody: number): number {
  const declared = Number(req.header('Content-Length') ?? Number.NaN);
  const isPlain = req.header('Content-Encoding') === undefined;
  return isPlain && Number.isSafeInteger(declared) && declared >= 0 ? Math.min(declared, maxBody) : maxBody;
}

/** The same stream; `closed` is called once when it has ended, failed, or nobody reads it any more. */
function untilClosed(body: ReadableStream<Uint8Array>, closed: () => void): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        closed();
        controller.close();
      } catch (error) {
        closed();
        controller.error(error);
      }
    },
    async cancel(reason) {
      closed();
      await reader.cancel(reason);
    },
  });
}
