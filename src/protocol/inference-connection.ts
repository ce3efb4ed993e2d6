/** HTTP connection to a server of the Open Inference Protocol: a bounded number of requests, one retry, failures as errors. */

import { throwIfAborted } from '../core/abort.ts';
import { WhylightError } from '../core/errors.ts';
import { HEADER_LENGTH } from './open-inference.ts';
import { turnstile } from './turnstile.ts';

export interface ConnectionOptions {
  /** Base URL, without `/v2`. Clients never see it: it is part of causes only. */
  readonly url: string;
  /** Sent with each request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Maximum number of concurrent requests. */
  readonly connections: number;
  /** Milliseconds that one request may take. */
  readonly timeout: number;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
}

export interface ServerAnswer {
  readonly bytes: Uint8Array;
  /** Bytes of the JSON part, where binary tensors follow it. */
  readonly headerLength?: number;
}

/**
 * Sends a request and reads the answer to its end.
 * @throws WhylightError `origin_unavailable` and `overloaded` with `retry_after` in seconds, `origin_timeout`,
 * `origin_error`; the reason of the signal when it is aborted
 */
export type AskServer = (path: string, init?: RequestInit & { readonly signal?: AbortSignal }) => Promise<ServerAnswer>;

/** Seconds after which to try again, where the server does not say it. */
const RETRY_AFTER_S = 1;
const MAX_RETRY_AFTER_S = 3600;

/** Reason to ask once more. Requests only read, so the second one changes nothing. */
class Retryable extends Error {
  readonly error: WhylightError;

  constructor(error: WhylightError) {
    super(error.message);
    this.error = error;
  }
}

/**
 * Makes the connection. Lost connections, answers that are cut off, and 502 or 503 without `Retry-After` are asked for
 * once more.
 */
export function connectionTo({ url, headers, connections, timeout, fetch }: ConnectionOptions): AskServer {
  const server = url.replace(/\/+$/, '');
  const turn = turnstile(connections);

  const attempt: AskServer = async (path, init = {}) => {
    const limit = AbortSignal.timeout(timeout);
    const signal = init.signal ? AbortSignal.any([init.signal, limit]) : limit;
    const lost = (code: 'origin_unavailable' | 'origin_error', message: string) => (cause: Error) => {
      if (init.signal) throwIfAborted(init.signal);
      throw limit.aborted ? tooSlow(server, timeout, cause) : new Retryable(failed(code, message, server, cause));
    };
    const all = { ...headers, ...(init.headers as Record<string, string>) };
    const response = await fetch(`${server}${path}`, { ...init, headers: all, signal }).catch(
      lost('origin_unavailable', 'The inference server cannot be reached.'),
    );
    const body = await response
      .arrayBuffer()
      .catch(lost('origin_error', 'The answer of the inference server was cut off.'));
    return answerOf(response, new Uint8Array(body), path);
  };

  return (path, init) =>
    turn(async () => {
      try {
        return await attempt(path, init);
      } catch (error) {
        if (!(error instanceof Retryable)) throw error;
      }
      return attempt(path, init).catch((error: unknown) => {
        throw error instanceof Retryable ? error.error : error;
      });
    }, init?.signal);
}

function failed(code: 'origin_unavailable' | 'origin_error', message: string, server: string, cause: Error) {
  const details = code === 'origin_unavailable' ? { retry_after: RETRY_AFTER_S } : {};
  return new WhylightError(code, message, details, { cause: new Error(`${server}: ${cause.message}`, { cause }) });
}

function tooSlow(server: string, timeout: number, cause: Error): WhylightError {
  const message = `The inference server did not answer within ${timeout} ms.`;
  const reason = new Error(`${server}: ${cause.message}`, { cause });
  return new WhylightError('origin_timeout', message, { timeout_ms: timeout }, { cause: reason });
}

function answerOf(response: Response, bytes: Uint8Array, path: string): ServerAnswer {
  const { status, headers } = response;
  if (response.ok) {
    const length = headers.get(HEADER_LENGTH);
    return { bytes, ...(length !== null && { headerLength: Number(length) }) };
  }
  const hint = status === 404 ? ' Export the graphs of this model and method to it: whylight export triton.' : '';
  const message = `The inference server answered ${status} to ${path}.${hint}`;
  const wait = retryAfter(headers.get('Retry-After'));
  // Its words may name hosts of a private network: they are for the log, not for clients.
  const cause = { cause: new Error(new TextDecoder().decode(bytes.subarray(0, 2000))) };
  if (status === 429 || status === 503) {
    const code = status === 429 ? 'overloaded' : 'origin_unavailable';
    const refused = new WhylightError(
      code,
      message,
      { upstream_status: status, retry_after: wait ?? RETRY_AFTER_S },
      cause,
    );
    throw status === 503 && wait === undefined ? new Retryable(refused) : refused;
  }
  const code = status === 504 ? 'origin_timeout' : 'origin_error';
  const refused = new WhylightError(code, message, { upstream_status: status }, cause);
  throw status === 502 ? new Retryable(refused) : refused;
}

/** Parses `Retry-After`, seconds or a date (RFC 9110, 10.2.3). @returns seconds from 1 to 3600; undefined without one */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.min(MAX_RETRY_AFTER_S, Math.max(1, Math.ceil(seconds)));
}
