import type { MiddlewareHandler } from 'hono';
import { WhylightError } from '../../../core/errors.ts';
import { arrivingStream } from '../arriving.ts';
import type { EdgeEnv } from '../env.ts';
import { PieceReader } from '../piece-reader.ts';

const CODINGS = ['gzip', 'deflate'] as const;
const isCoding = (text: string): text is (typeof CODINGS)[number] => (CODINGS as readonly string[]).includes(text);

/**
 * Decodes the `Content-Encoding` of a body, since clients of inference servers may compress it. Nothing is read yet: a
 * limit on bodies comes behind it, and so counts decoded bytes.
 * @throws WhylightError `unsupported_media_type`, and `invalid_request` while it is read
 */
export const decodeBody: MiddlewareHandler<EdgeEnv> = async function decodeBody(c, next) {
  const coding = c.req.header('Content-Encoding')?.trim().toLowerCase() ?? '';
  const { body } = c.req.raw;
  if (coding === '' || coding === 'identity' || !body) return next();
  if (!isCoding(coding)) {
    // RFC 9110, 15.5.16
    c.header('Accept-Encoding', CODINGS.join(', '));
    throw new WhylightError(
      'unsupported_media_type',
      `Content-Encoding: ${coding} is not supported: send the body without one, or as ${CODINGS.join(' or ')}.`,
      { allowed: CODINGS },
    );
  }
  const headers = new Headers(c.req.raw.headers);
  headers.delete('Content-Encoding');
  headers.delete('Content-Length');
  const plain = decompressed(body, coding);
  c.req.raw = new Request(c.req.raw, { headers, body: plain, duplex: 'half' } as RequestInit);
  await next();
};

function decompressed(body: ReadableStream, coding: (typeof CODINGS)[number]): ReadableStream<Uint8Array> {
  let lost: unknown;
  const sent: ReadableStream = arrivingStream(body, (error) => {
    lost = error;
  });
  const reader = new PieceReader(sent.pipeThrough<Uint8Array>(new DecompressionStream(coding)));
  return new ReadableStream({
    async pull(controller) {
      const piece = await reader.read().catch((cause: unknown) => {
        throw (
          lost ?? new WhylightError('invalid_request', `The body is not ${coding}, as its header says.`, {}, { cause })
        );
      });
      if (piece) controller.enqueue(piece.slice());
      else controller.close();
    },
    cancel: () => reader.cancel(),
  });
}
