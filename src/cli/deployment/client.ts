/** Client of a running deployment: its address and key, retries, and problems as errors. */
import { setTimeout as sleep } from 'node:timers/promises';
import { ERROR_CODES, type ErrorCode, PASSING_CODES, WhylightError } from '../../core/errors.ts';
import { systemErrorText } from '../../node/system-errors.ts';
import { UsageError } from '../arguments.ts';
import { textFlag } from '../flags.ts';

/** Flags of every command that talks to a deployment. */
export const DEPLOYMENT_ARGS = {
  server: textFlag('Address of the deployment; WHYLIGHT_SERVER when left out', { alias: 's', valueHint: 'url' }),
  key: textFlag('API key; WHYLIGHT_KEY when left out, which keeps it out of the list of processes', {
    valueHint: 'key',
  }),
} as const;

export interface DeploymentFlags {
  readonly server?: string;
  readonly key?: string;
}

/** A request; the body is made anew for each attempt. */
export interface DeploymentRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: () => BodyInit;
  /** True for a request that may be sent again although the first one may have arrived; GET and PUT always may. */
  readonly repeatable?: boolean;
}

/** Maximum number of attempts, and the wait before the second one in milliseconds; it doubles each time. */
const ATTEMPTS = 5;
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 30_000;
const RETRIED: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** Client of one deployment. */
export class DeploymentClient {
  readonly url: string;
  private readonly key: string | undefined;

  /** @param url address of the server, with the path that it is served under */
  constructor(url: string, key?: string) {
    this.url = url.replace(/\/+$/, '');
    this.key = key;
  }

  /**
   * Sends a request, again after a failure of the network or of the server that may pass.
   * @returns the answer, whole, also one that is a problem
   * @throws WhylightError `origin_unavailable` when the server cannot be reached
   */
  async send(path: string, { method = 'GET', headers, body, repeatable }: DeploymentRequest = {}): Promise<Response> {
    const mayRepeat = repeatable ?? method !== 'POST';
    for (let attempt = 1; ; attempt++) {
      const isLast = attempt === ATTEMPTS;
      const init = {
        method,
        headers: { ...(this.key !== undefined && { Authorization: `Bearer ${this.key}` }), ...headers },
        ...(body && { body: body(), duplex: 'half' }),
      };
      const answer = await fetchWhole(`${this.url}${path}`, init).catch((cause: unknown) => {
        if (isLast || !mayRepeat) throw unreachable(this.url, cause);
        return undefined;
      });
      if (answer && (isLast || !(await mayPass(answer)) || (!mayRepeat && answer.status !== 429))) return answer;
      await answer?.body?.cancel();
      await sleep(waitOf(answer, attempt));
    }
  }

  /** Sends a request and reads its JSON. @throws WhylightError the problem that the server answers with */
  async json<T>(path: string, request: DeploymentRequest = {}): Promise<T> {
    const answer = await this.successful(path, request);
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  }

  /** Sends a request and reads its bytes. @throws WhylightError the problem that the server answers with */
  async bytes(path: string): Promise<Uint8Array> {
    return new Uint8Array(await (await this.successful(path, {})).arrayBuffer());
  }

  private async successful(path: string, request: DeploymentRequest): Promise<Response> {
    const answer = await this.send(path, request);
    if (answer.ok) return answer;
    throw problemIn(await answer.text(), answer.status, `${this.url}${path}`);
  }
}

/** Fetches an answer with its body: one that is cut off, as by a server that ends, counts as none. */
async function fetchWhole(url: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(url, init);
  const { status, statusText, headers } = answer;
  const body = await answer.arrayBuffer();
  return new Response(body.byteLength > 0 ? body : null, { status, statusText, headers });
}

/** A body of JSON. */
export const jsonBody = (value: unknown): Pick<DeploymentRequest, 'headers' | 'body'> => ({
  headers: { 'Content-Type': 'application/json' },
  body: () => JSON.stringify(value),
});

/**
 * Makes the client that the flags name.
 * @throws UsageError without an address
 */
export function deploymentOf({ server, key }: DeploymentFlags): DeploymentClient {
  const { WHYLIGHT_SERVER, WHYLIGHT_KEY } = process.env;
  const url = server ?? WHYLIGHT_SERVER;
  if (!url) throw new UsageError('Which deployment? Give its address as --server, or as WHYLIGHT_SERVER.');
  if (!/^https?:\/\//.test(url))
    throw new UsageError(`--server takes an address such as https://whylight.example.com, not "${url}".`);
  return new DeploymentClient(url, key ?? WHYLIGHT_KEY);
}

/**
 * Makes the error of a problem.
 * @param text body of the answer
 */
export function problemIn(text: string, status: number, url: string): WhylightError {
  const problem = problemOf(text);
  const { code, detail, type: _, title, status: __, instance: ___, error: ____, ...details } = problem;
  const message = typeof detail === 'string' ? detail : `${url} answered ${status}${title ? ` ${title}` : ''}.`;
  const known = typeof code === 'string' && Object.hasOwn(ERROR_CODES, code) ? (code as ErrorCode) : 'origin_error';
  return new WhylightError(known, message, { status, ...details });
}

function problemOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Tells if the same request may succeed later; a problem such as `model_damaged` stays. */
async function mayPass(answer: Response): Promise<boolean> {
  if (!RETRIED.has(answer.status)) return false;
  const { code } = problemOf(await answer.clone().text());
  const isKnown = typeof code === 'string' && Object.hasOwn(ERROR_CODES, code);
  return !isKnown || PASSING_CODES.has(code as ErrorCode);
}

/** Milliseconds to wait before the next attempt: what the server asks for, else twice as long each time. */
function waitOf(answer: Response | undefined, attempt: number): number {
  const asked = Number(answer?.headers.get('Retry-After'));
  return Math.min(asked > 0 ? 1000 * asked : FIRST_WAIT_MS * 2 ** (attempt - 1), MAX_WAIT_MS);
}

function unreachable(url: string, cause: unknown): WhylightError {
  const reason = systemErrorText(cause) ?? (cause instanceof Error ? cause.message : String(cause));
  return new WhylightError('origin_unavailable', `The deployment ${url} cannot be reached: ${reason}`, {}, { cause });
}
