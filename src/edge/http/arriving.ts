/** Bodies of requests that are still on their way: their client may leave, or send too slowly. */
import type { Context } from 'hono';
import { WhylightError } from '../../core/errors.ts';

/** Milliseconds within which a body, or the next piece of one that is read in pieces, must arrive. */
export const BODY_MS = 60_000;

/**
 * Waits for bytes of a request's body.
 * @param left milliseconds
 * @throws WhylightError `aborted` when the connection ends before; `request_timeout`
 */
export async function arriving<T>(bytes: Promise<T>, left: number = BODY_MS): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooSlow()), left);
  });
  try {
    return await Promise.race([bytes, late]);
  } catch (cause) {
    if (WhylightError.is(cause)) throw cause;
    throw new WhylightError('aborted', 'The connection ended before the whole body had arrived.', {}, { cause });
  } finally {
    clearTimeout(timer);
  }
}

const tooSlow = (): WhylightError =>
  new WhylightError(
    'request_timeout',
    `The body did not arrive within ${BODY_MS / 1000} s. Send a smaller one, or use a faster connection.`,
    { seconds: BODY_MS / 1000 },
  );

/** Reads the whole body. @throws WhylightError as {@link arriving} */
export const bytesOf = async (c: Context): Promise<Uint8Array> => new Uint8Array(await arriving(c.req.arrayBuffer()));

/**
 * Parses the whole body as JSON.
 * @returns undefined for a body that is not JSON
 * @throws WhylightError as {@link arriving}
 */
export async function jsonOf(c: Context): Promise<unknown> {
  const text = await arriving(c.req.text());
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Passes a body on as it arrives. It fails as {@link arriving} does, and all of it must arrive within {@link BODY_MS}.
 * @param failed gets the error, which streams of the platform behind this one may replace
 */
export function arrivingStream(
  body: ReadableStream<Uint8Array>,
  failed?: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const end = Date.now() + BODY_MS;
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await arriving(reader.read(), end - Date.now()).catch((error: unknown) => {
        failed?.(error);
        throw error;
      });
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}
