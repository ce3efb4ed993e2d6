/** Streams the progress and the result of work at an origin to the edge as frames. */
import type { WaitUntil } from '../../core/engine/session-cache.ts';
import { WhylightError } from '../../core/errors.ts';
import { encodeFrame, FRAME, type FrameKind } from '../../protocol/frames.ts';
import { pack } from '../../protocol/packed.ts';
import type { Log } from '../observe/log.ts';
import { encodeFailure } from './origin-request.ts';

/** Milliseconds between two heartbeats. */
const HEARTBEAT_MS = 2_000;

/** Connection that the frames are sent over. */
export interface FramesConnection {
  /** Aborted when the edge closes the connection. */
  readonly signal: AbortSignal;
  readonly waitUntil: WaitUntil;
}

/** The side of the stream that the work sees. */
export interface FramesSender {
  /** Aborted when nobody reads any more, or when the deadline has passed. */
  readonly signal: AbortSignal;
  /** Notes progress, which the next heartbeat reports. */
  progress(done: number, total: number): void;
  send(kind: FrameKind, payload: Uint8Array): void;
}

/**
 * Starts the work.
 * @param deadline milliseconds; none when left out
 * @returns frames: progress as a heartbeat, what the work sends, then its result or a failure
 */
export function serveFrames(
  { log }: { readonly log: Log },
  { signal, waitUntil }: FramesConnection,
  deadline: number | undefined,
  work: (sender: FramesSender) => Promise<object>,
): ReadableStream<Uint8Array> {
  const { readable, send, close, closed } = frameStream();
  let last = { done: 0, total: 0 };
  const heartbeat = setInterval(() => send(FRAME.progress, pack(last)), HEARTBEAT_MS);
  const late = deadlineSignal(deadline);
  const sender: FramesSender = {
    signal: AbortSignal.any([signal, closed, late.signal]),
    progress: (done, total) => {
      last = { done, total };
    },
    send,
  };
  const run = async (): Promise<void> => {
    try {
      send(FRAME.result, pack(await work(sender)));
    } catch (error) {
      send(FRAME.failure, encodeFailure(knownError(error, log)));
    } finally {
      clearInterval(heartbeat);
      late.clear();
      await close();
    }
  };
  waitUntil(run());
  return readable;
}

function knownError(error: unknown, log: Log): WhylightError {
  const known = WhylightError.is(error)
    ? error
    : new WhylightError('internal', 'The origin failed.', {}, { cause: error });
  if (known.code === 'internal') {
    log('error', 'work for an edge failed', { reason: String((error as Error).stack ?? error) });
  }
  return known;
}

/** Makes a stream of frames. `closed` is aborted when the reader is gone. */
function frameStream() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const gone = new AbortController();
  return {
    readable,
    closed: gone.signal,
    send: (kind: FrameKind, payload: Uint8Array): void => {
      writer.write(encodeFrame(kind, payload)).catch(() => gone.abort());
    },
    close: (): Promise<void> => writer.close().catch(() => undefined),
  };
}

function deadlineSignal(milliseconds: number | undefined): { readonly signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  if (milliseconds === undefined) return { signal: controller.signal, clear: () => undefined };
  const error = new WhylightError('deadline_exceeded', 'The deadline passed before the answer was ready.');
  const timer = setTimeout(() => controller.abort(error), Math.max(0, milliseconds));
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}
