/** HTTP client of the origins, with load balancing, circuit breakers and one retry. */
import { WhylightError } from '../../core/errors.ts';
import { Breaker, type BreakerOptions } from './breaker.ts';
import { overloaded } from './refusal.ts';
import { type Signed, sign } from './signature.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface OriginClientOptions {
  /** Base URLs, such as `https://origin.example.com`. */
  readonly urls: readonly string[];
  /** Secret that requests are signed with. */
  readonly secret: string;
  readonly breaker?: BreakerOptions;
  /** Milliseconds within which a response must begin. */
  readonly silence?: number;
  readonly fetch?: Fetch;
  /** Called when a breaker opens or closes. */
  readonly changed?: (url: string, state: 'open' | 'closed') => void;
}

interface Origin {
  readonly url: string;
  readonly breaker: Breaker;
  busy: number;
}

/** A request to an origin. */
export interface OriginRequest<T> {
  readonly path: string;
  /** Makes the body anew for each try, since less time is left for the second. */
  readonly bodyOf: () => Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  /**
   * Reads the response to its end. A {@link WhylightError} that it throws, other than `origin_error`, is the origin's
   * answer, and is final.
   */
  readonly receive: (response: Response, origin: OriginConnection) => Promise<T>;
}

/** Connection to the origin that responded, for further requests to the same one. */
export interface OriginConnection {
  /** Sends the request once more. */
  again(): Promise<Response>;
  /** Sends a file. Its SHA-256, which the path holds, is signed in place of the bytes. */
  put(path: string, sha256: string, body: ReadableStream<Uint8Array>): Promise<Response>;
}

/** Failure of a request that is the origin's fault, as the circuit breaker counts it. */
class OriginError extends Error {
  override readonly name = 'OriginError';
  readonly error: WhylightError;
  /** True for an origin that works and has no capacity left. */
  readonly isFull: boolean;

  constructor(error: WhylightError, isFull = false) {
    super(error.message);
    this.error = error;
    this.isFull = isFull;
  }
}

/** Milliseconds without a byte after which an origin counts as failed; a healthy one sends a heartbeat every two seconds. */
export const SILENCE_MS = 10_000;

export const originSilent = (milliseconds: number): WhylightError =>
  new WhylightError('origin_timeout', `The origin sent nothing for ${milliseconds} ms.`);

/**
 * Makes the error for a request that no origin can take.
 * @param seconds time after which to try again
 */
export const noHealthyOrigin = (seconds: number): WhylightError =>
  new WhylightError('origin_unavailable', 'No healthy origin is available.', { retry_after: seconds });

const DUPLEX = { duplex: 'half' } as object;
const READY_PATH = '/v2/health/ready';
/** Milliseconds within which a file of an uploaded model must be sent: 32 MiB at 4.5 Mbit/s. */
const FILE_MS = 60_000;
/** Milliseconds within which an origin that was down must report that it is ready. */
const PROBE_MS = 2_000;

export class OriginClient {
  private readonly origins: readonly Origin[];
  private readonly options: OriginClientOptions;
  private readonly fetch: Fetch;

  constructor(options: OriginClientOptions) {
    this.options = options;
    this.fetch = options.fetch ?? ((url, init) => fetch(url, init));
    this.origins = options.urls.map((url) => ({
      url: url.replace(/\/+$/, ''),
      breaker: new Breaker(options.breaker),
      busy: 0,
    }));
  }

  get count(): number {
    return this.origins.length;
  }

  /** True if a request may be sent now. */
  get available(): boolean {
    return this.origins.some(({ breaker }) => breaker.state !== 'open');
  }

  /** Whole seconds, at least one, after which a request may be sent again. */
  get retryAfter(): number {
    return Math.max(1, Math.ceil(Math.min(...this.origins.map(({ breaker }) => breaker.wait)) / 1000));
  }

  /** State of each origin, for health checks and metrics. */
  get states(): readonly { readonly url: string; readonly state: string; readonly busy: number }[] {
    return this.origins.map(({ url, breaker, busy }) => ({ url, state: breaker.state, busy }));
  }

  /**
   * Sends a request to the least busy healthy origin. A response of 502 or 503, or a lost connection, is retried once, at
   * another origin if there is one.
   * @throws WhylightError `origin_unavailable` with `retry_after` in seconds, `origin_timeout`, `origin_error`
   */
  async send<T>(request: OriginRequest<T>): Promise<T> {
    const { signal } = request;
    let failed: Origin | undefined;
    let reason: WhylightError | undefined;
    for (let attempt = 0; attempt < 2; attempt++) {
      const origin = await this.choose(failed, signal);
      if (!origin) break;
      origin.busy += 1;
      try {
        const answer = await this.once(origin, request);
        this.report(origin, true);
        return answer;
      } catch (error) {
        if (!(error instanceof OriginError)) {
          // The client left, or the origin refused the request: not the origin's fault.
          if (signal.aborted) origin.breaker.withdrawn();
          else this.report(origin, true);
          throw error;
        }
        if (error.isFull) origin.breaker.withdrawn();
        else this.report(origin, false);
        failed = origin;
        reason = error.error;
        // No time is left for a second try.
        if (reason.code === 'origin_timeout') break;
      } finally {
        origin.busy -= 1;
      }
    }
    throw this.final(reason);
  }

  private async once<T>(origin: Origin, { path, bodyOf, headers, signal, receive }: OriginRequest<T>): Promise<T> {
    const { silence = SILENCE_MS } = this.options;
    const send = (): Promise<Response> => {
      const body = bodyOf();
      return this.begin(origin, { method: 'POST', path, body }, { body, headers }, silence, signal);
    };
    const response = await send();
    try {
      return await receive(response, {
        again: send,
        put: (to, sha256, body) =>
          // Node requires `duplex` for a streaming body; workerd ignores it.
          this.begin(origin, { method: 'PUT', path: to, body: sha256 }, { body, ...DUPLEX }, FILE_MS, signal),
      });
    } catch (error) {
      if (signal.aborted || error instanceof OriginError) throw error;
      // A lost connection, or bytes that are not a valid response.
      if (!WhylightError.is(error)) {
        throw new OriginError(
          new WhylightError('origin_error', 'The connection to the origin was lost.', {}, { cause: error }),
        );
      }
      // A refusal has its reason in the request or the deployment; the origin is healthy.
      const refused = error.code === 'origin_error' && error.details.status !== undefined;
      throw !refused && (error.code === 'origin_error' || error.code === 'origin_timeout')
        ? new OriginError(error)
        : error;
    }
  }

  /**
   * Sends a signed request, and waits for the response to begin.
   * @param limit milliseconds until then
   * @throws OriginError
   */
  private async begin(
    { url }: Origin,
    request: Signed,
    init: Pick<RequestInit, 'body' | 'headers'>,
    limit: number,
    signal: AbortSignal,
  ): Promise<Response> {
    const { method, path } = request;
    const signed = await sign(this.options.secret, request);
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), limit);
    try {
      const response = await this.fetch(`${url}${path}`, {
        ...init,
        method,
        headers: { ...(init.headers as Record<string, string>), ...signed },
        signal: AbortSignal.any([signal, late.signal]),
      });
      if (response.status !== 502 && response.status !== 503) return response;
      const after = Number(response.headers.get('Retry-After')) || undefined;
      // An origin that sends Retry-After is healthy, but at its capacity.
      throw new OriginError(await overloaded(response, after ?? 1), response.status === 503 && after !== undefined);
    } catch (cause) {
      if (signal.aborted || cause instanceof OriginError) throw cause;
      if (late.signal.aborted) throw new OriginError(originSilent(limit));
      throw new OriginError(new WhylightError('origin_unavailable', 'The origin cannot be reached.', {}, { cause }));
    } finally {
      clearTimeout(timer);
    }
  }

  /** Chooses the least busy healthy origin; `avoid` only if there is no other. */
  private async choose(avoid: Origin | undefined, signal: AbortSignal): Promise<Origin | undefined> {
    const byLoad = [...this.origins].sort((a, b) => Number(a === avoid) - Number(b === avoid) || a.busy - b.busy);
    for (const origin of byLoad) {
      const wasClosed = origin.breaker.state === 'closed';
      if (!origin.breaker.enter()) continue;
      // An origin that was down is probed first, so that no client waits for a failing one.
      if (wasClosed || (await this.isReady(origin, signal))) return origin;
      if (signal.aborted) {
        origin.breaker.withdrawn();
        throw signal.reason;
      }
      this.report(origin, false);
    }
    return undefined;
  }

  private async isReady({ url }: Origin, signal: AbortSignal): Promise<boolean> {
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(PROBE_MS)]);
      const response = await this.fetch(`${url}${READY_PATH}`, { method: 'GET', signal: limit });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }

  private report({ url, breaker }: Origin, healthy: boolean): void {
    const before = breaker.state;
    if (healthy) breaker.succeeded();
    else breaker.failure();
    const after = breaker.state;
    if (before === 'closed' && after !== 'closed') this.options.changed?.(url, 'open');
    if (before !== 'closed' && after === 'closed') this.options.changed?.(url, 'closed');
  }

  /** Makes the final error. It says when to try again wherever that may help. */
  private final(reason: WhylightError = noHealthyOrigin(this.retryAfter)): WhylightError {
    if (reason.code !== 'origin_unavailable' || reason.details.retry_after !== undefined) return reason;
    const details = { ...reason.details, retry_after: this.retryAfter };
    return new WhylightError(reason.code, reason.message, details, { cause: reason });
  }
}
