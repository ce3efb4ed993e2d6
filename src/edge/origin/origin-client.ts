/** The origins that heavy runs go to: which of them is well, which is the least busy, and what to do when one fails. */
import { WhylightError } from '../../core/errors.ts';
import { Breaker, type BreakerOptions } from './breaker.ts';
import { type Signed, sign } from './signature.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface OriginsOptions {
  /** What comes in front of the paths: `https://origin.example.com`. */
  readonly urls: readonly string[];
  /** Known to the edge and to its origins alone. */
  readonly secret: string;
  readonly breaker?: BreakerOptions;
  /** Milliseconds in which an answer begins. */
  readonly silence?: number;
  readonly fetch?: Fetch;
  /** Told when a breaker opens or closes. */
  readonly changed?: (url: string, state: 'open' | 'closed') => void;
}

interface Origin {
  readonly url: string;
  readonly breaker: Breaker;
  busy: number;
}

/** The origin that answered, for what its answer asks for. */
export interface Correspondent {
  /** The question once more. */
  again(): Promise<Response>;
  /** Sends a file whose path holds its SHA-256, which is signed in place of the bytes. */
  put(path: string, sha256: string, body: ReadableStream<Uint8Array>): Promise<Response>;
}

/** What became of a request, as far as it says something about the origin. */
class Unwell extends Error {
  override readonly name = 'Unwell';
  readonly error: WhylightError;
  /** It does its work and has no room for more. */
  readonly isFull: boolean;

  constructor(error: WhylightError, isFull = false) {
    super(error.message);
    this.error = error;
    this.isFull = isFull;
  }
}

/** Milliseconds in which an origin that works sends something: it does so every two seconds. */
export const SILENCE_MS = 10_000;

export const silent = (milliseconds: number): WhylightError =>
  new WhylightError('origin_timeout', `The origin was silent for ${milliseconds} ms.`);

/** @param seconds after which it may help to ask again */
export const noneIsWell = (seconds: number): WhylightError =>
  new WhylightError('origin_unavailable', 'No origin is well at the moment.', { retry_after: seconds });

const DUPLEX = { duplex: 'half' } as object;
const READY_PATH = '/v2/health/ready';
/** Milliseconds in which a file of an uploaded model is over: 32 MiB at 4.5 Mbit/s. */
const FILE_MS = 60_000;
/** Milliseconds in which an origin that was down answers that it is ready. */
const PROBE_MS = 2_000;

export class Origins {
  private readonly origins: readonly Origin[];
  private readonly options: OriginsOptions;
  private readonly send: Fetch;

  constructor(options: OriginsOptions) {
    this.options = options;
    this.send = options.fetch ?? ((url, init) => fetch(url, init));
    this.origins = options.urls.map((url) => ({
      url: url.replace(/\/+$/, ''),
      breaker: new Breaker(options.breaker),
      busy: 0,
    }));
  }

  get count(): number {
    return this.origins.length;
  }

  /** Whether a request may be sent at all now. */
  get available(): boolean {
    return this.origins.some(({ breaker }) => breaker.state !== 'open');
  }

  /** Whole seconds, at least one, after which a request may be sent again. */
  get retryAfter(): number {
    return Math.max(1, Math.ceil(Math.min(...this.origins.map(({ breaker }) => breaker.wait)) / 1000));
  }

  /** For health checks and metrics. */
  get states(): readonly { readonly url: string; readonly state: string; readonly busy: number }[] {
    return this.origins.map(({ url, breaker, busy }) => ({ url, state: breaker.state, busy }));
  }

  /**
   * Asks the least busy origin that is well, and once more, another if there is one, when it refuses with 502 or 503 or
   * the connection is lost.
   * @param bodyOf what is sent: made anew for each try, since less time is left for the second
   * @param receive reads the answer to its end. What it throws as {@link WhylightError} other than `origin_error` is what
   * the origin said, and is final.
   * @throws WhylightError `origin_unavailable` with `retry_after` in seconds, `origin_timeout`, `origin_error`
   */
  async ask<T>(
    path: string,
    bodyOf: () => Uint8Array<ArrayBuffer>,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
    receive: (response: Response, origin: Correspondent) => Promise<T>,
  ): Promise<T> {
    let failed: Origin | undefined;
    let reason: WhylightError | undefined;
    for (let attempt = 0; attempt < 2; attempt++) {
      const origin = await this.choose(failed, signal);
      if (!origin) break;
      origin.busy += 1;
      try {
        const answer = await this.once(origin, path, bodyOf, headers, signal, receive);
        this.report(origin, true);
        return answer;
      } catch (error) {
        if (!(error instanceof Unwell)) {
          // It gave up, or the origin answered that the request is wrong: no fault of the origin.
          if (signal.aborted) origin.breaker.withdrawn();
          else this.report(origin, true);
          throw error;
        }
        if (error.isFull) origin.breaker.withdrawn();
        else this.report(origin, false);
        [failed, reason] = [origin, error.error];
        // The time is spent: a second try would come too late as well.
        if (reason.code === 'origin_timeout') break;
      } finally {
        origin.busy -= 1;
      }
    }
    throw this.final(reason);
  }

  private async once<T>(
    origin: Origin,
    path: string,
    bodyOf: () => Uint8Array<ArrayBuffer>,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
    receive: (response: Response, origin: Correspondent) => Promise<T>,
  ): Promise<T> {
    const { silence = SILENCE_MS } = this.options;
    const question = (): Promise<Response> => {
      const body = bodyOf();
      return this.begin(origin, { method: 'POST', path, body }, { body, headers }, silence, signal);
    };
    const response = await question();
    try {
      return await receive(response, {
        again: question,
        put: (to, sha256, body) =>
          // A body that streams: Node asks for `duplex` where workerd does not.
          this.begin(origin, { method: 'PUT', path: to, body: sha256 }, { body, ...DUPLEX }, FILE_MS, signal),
      });
    } catch (error) {
      if (signal.aborted || error instanceof Unwell) throw error;
      // A connection that broke, or bytes that are no answer.
      if (!WhylightError.is(error)) {
        throw new Unwell(
          new WhylightError('origin_error', 'The connection to the origin broke off.', {}, { cause: error }),
        );
      }
      // What it refuses, it refuses for a reason of the request or the deployment: it is well.
      const refused = error.code === 'origin_error' && error.details.status !== undefined;
      throw !refused && (error.code === 'origin_error' || error.code === 'origin_timeout') ? new Unwell(error) : error;
    }
  }

  /**
   * Sends a signed request, and waits for its answer to begin.
   * @param limit milliseconds for that
   * @throws Unwell
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
    let response: Response;
    try {
      response = await this.send(`${url}${path}`, {
        ...init,
        method,
        headers: { ...(init.headers as Record<string, string>), ...signed },
        signal: AbortSignal.any([signal, late.signal]),
      });
    } catch (cause) {
      if (signal.aborted) throw cause;
      if (late.signal.aborted) throw new Unwell(silent(limit));
      throw new Unwell(new WhylightError('origin_unavailable', 'The origin cannot be reached.', {}, { cause }));
    } finally {
      clearTimeout(timer);
    }
    if (response.status !== 502 && response.status !== 503) return response;
    await response.body?.cancel();
    const after = Number(response.headers.get('Retry-After')) || undefined;
    const busy = new WhylightError('origin_unavailable', 'The origin has too much to do.', {
      retry_after: after ?? 1,
    });
    // One that says when to come back is well, only full.
    throw new Unwell(busy, response.status === 503 && after !== undefined);
  }

  /** The least busy one that is well; `avoid` only if there is no other. */
  private async choose(avoid: Origin | undefined, signal: AbortSignal): Promise<Origin | undefined> {
    const byLoad = [...this.origins].sort((a, b) => Number(a === avoid) - Number(b === avoid) || a.busy - b.busy);
    for (const origin of byLoad) {
      const wasClosed = origin.breaker.state === 'closed';
      if (!origin.breaker.enter()) continue;
      // One that was down is asked for its health first, rather than tried on a request that somebody waits for.
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
      const response = await this.send(`${url}${READY_PATH}`, { method: 'GET', signal: limit });
      await response.body?.cancel();
      return response.ok;
    } catch {
      return false;
    }
  }

  private report({ url, breaker }: Origin, well: boolean): void {
    const before = breaker.state;
    if (well) breaker.succeeded();
    else breaker.failure();
    const after = breaker.state;
    if (before === 'closed' && after !== 'closed') this.options.changed?.(url, 'open');
    if (before !== 'closed' && after === 'closed') this.options.changed?.(url, 'closed');
  }

  /** What the asker is told: whenever it may help to come back, when. */
  private final(reason: WhylightError = noneIsWell(this.retryAfter)): WhylightError {
    if (reason.code !== 'origin_unavailable' || reason.details.retry_after !== undefined) return reason;
    const details = { ...reason.details, retry_after: this.retryAfter };
    return new WhylightError(reason.code, reason.message, details, { cause: reason });
  }
}
