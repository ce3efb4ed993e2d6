/** Runs explanations and inspections at an origin. */
import { WhylightError } from '../../core/errors.ts';
import type { Explained, Explanation } from '../../core/explainer/explanation.ts';
import type { ExplainHooks, ExplainRequest } from '../../core/explainer/request.ts';
import type { Model } from '../../core/model/model.ts';
import { FRAME, FRAMES_TYPE, type Frame, readFrames } from '../../protocol/frames.ts';
import { unpack } from '../../protocol/packed.ts';
import type { ModelBundle } from '../models/model-bundle.ts';
import type { UploadReport } from '../models/upload-report.ts';
import { type Rights, rightsOf } from '../tenants/rights.ts';
import { type OriginClient, type OriginConnection, originSilent, SILENCE_MS } from './origin-client.ts';
import {
  decodeFailure,
  encodeInspectionRequest,
  encodeOriginRequest,
  INSPECT_PATH,
  PACKED_TYPE,
  RUN_PATH,
} from './origin-request.ts';
import { problemIn, refused } from './refusal.ts';
import { sendMissing } from './send-model.ts';

export interface OriginHooks extends ExplainHooks {
  /** Rights that methods made of other methods are bound by. */
  readonly rights: Rights;
  /** Id of the tenant, for the log of the origin. */
  readonly tenant?: string;
  /** Files of an uploaded model, for an origin that does not have it. */
  readonly bundle?: ModelBundle;
  /** Milliseconds that are left. */
  readonly deadline?: number;
  /** W3C trace context of the request, as headers. */
  readonly trace?: Readonly<Record<string, string>>;
}

/** Settings of {@link OriginRunner.inspect}. */
export interface InspectionAtOrigin extends Pick<OriginHooks, 'trace' | 'signal'> {
  /** Files of the model. */
  readonly bundle: ModelBundle;
  /** Milliseconds that the inspection may take, the wait for its turn included. */
  readonly deadline: number;
}

export class OriginRunner {
  private readonly client: OriginClient;
  private readonly silence: number;

  /** @param silence milliseconds without a byte after which a response counts as lost */
  constructor(client: OriginClient, silence: number = SILENCE_MS) {
    this.client = client;
    this.silence = silence;
  }

  /** True if an origin is healthy, as far as is known. */
  get available(): boolean {
    return this.client.available;
  }

  /** Whole seconds after which to try again. */
  get retryAfter(): number {
    return this.client.retryAfter;
  }

  /** @throws WhylightError as `Explainer.explain` does, and `origin_unavailable`, `origin_timeout`, `origin_error` */
  async explain(model: Model, request: ExplainRequest, hooks: OriginHooks): Promise<Explanation> {
    const { rights, tenant, maxSamples, deadline, bundle } = hooks;
    const started = Date.now();
    const body = () =>
      encodeOriginRequest({
        model: { name: model.name, digest: model.digest, ...(bundle && { files: bundle.files }) },
        request,
        rights: rightsOf(rights),
        ...(tenant !== undefined && { tenant }),
        ...(maxSamples !== undefined && { maxSamples }),
        partials: hooks.partial !== undefined,
        ...(deadline !== undefined && { deadline: Math.max(1, deadline - (Date.now() - started)) }),
      });
    const nextHooks = monotonic(hooks);
    return this.ask<Explanation>(RUN_PATH, body, { ...hooks, nextHooks });
  }

  /**
   * Inspects a model that is being uploaded.
   * @throws WhylightError as the inspection does, and `origin_unavailable`, `origin_timeout`, `origin_error`
   */
  async inspect(name: string, { deadline, ...hooks }: InspectionAtOrigin): Promise<UploadReport> {
    const started = Date.now();
    const body = () =>
      encodeInspectionRequest({
        name,
        files: hooks.bundle.files,
        deadline: Math.max(1, deadline - (Date.now() - started)),
      });
    return this.ask<UploadReport>(INSPECT_PATH, body, { ...hooks, nextHooks: () => ({}) });
  }

  /** Sends a request, with the files that the origin lacks, and reads the frames of its answer. */
  private ask<T extends object>(path: string, bodyOf: () => Uint8Array<ArrayBuffer>, asked: Asked): Promise<T> {
    const { bundle, trace, signal = new AbortController().signal, nextHooks } = asked;
    return this.client.send({
      path,
      bodyOf,
      headers: { 'Content-Type': PACKED_TYPE, Accept: FRAMES_TYPE, ...trace },
      signal,
      receive: async (response, origin) =>
        this.receive<T>(bundle ? await withModel(response, bundle, origin) : response, nextHooks()),
    });
  }

  private async receive<T extends object>(response: Response, hooks: ProgressHooks): Promise<T> {
    if (!response.ok || !response.body) throw refused(response, await problemIn(response));
    const frames = readFrames(response.body);
    try {
      for (;;) {
        const { done, value } = await this.inTime(frames.next());
        if (done) throw new WhylightError('origin_error', 'The response of the origin ended too early.');
        if (value.kind === FRAME.failure) throw decodeFailure(value.payload);
        if (value.kind === FRAME.result) return read<T>(value);
        if (value.kind === FRAME.progress) {
          const { done: rows, total } = read<{ done: number; total: number }>(value);
          hooks.progress?.(rows, total);
        } else {
          const { row, explained } = read<{ row: number; explained: Explained }>(value);
          hooks.partial?.(row, explained);
        }
      }
    } finally {
      await frames.return(undefined);
    }
  }

  private async inTime<T>(work: Promise<T>): Promise<T> {
    let giveUp = (): void => {};
    const late = new Promise<never>((_, reject) => {
      giveUp = () => reject(originSilent(this.silence));
    });
    const timer = setTimeout(giveUp, this.silence);
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Sends the origin the files that it lacks, if any, and then the request once more. */
async function withModel(response: Response, bundle: ModelBundle, origin: OriginConnection): Promise<Response> {
  if (response.status !== 409) return response;
  const reason = await problemIn(response);
  if (reason.code !== 'model_needed') throw refused(response, reason);
  await sendMissing(reason.missing, bundle, origin);
  return origin.again();
}

type ProgressHooks = Pick<ExplainHooks, 'progress' | 'partial'>;

/** Parts of a request beside its body. */
interface Asked extends Pick<OriginHooks, 'bundle' | 'trace' | 'signal'> {
  /** Makes the hooks of the next try. */
  readonly nextHooks: () => ProgressHooks;
}

/**
 * Makes the hooks of each try. A second try starts from zero; its progress is reported once it has passed that of the
 * first, so that clients never see it go back.
 */
function monotonic({ progress, partial }: ProgressHooks): () => ProgressHooks {
  let furthest = -1;
  return () => {
    let here = 0;
    let ahead = furthest < 0;
    return {
      progress(done, total) {
        here = done;
        if (done <= furthest) return;
        ahead = true;
        furthest = done;
        progress?.(done, total);
      },
      partial(row, explained) {
        if (ahead && here >= furthest) partial?.(row, explained);
      },
    };
  };
}

function read<T extends object>({ payload }: Frame): T {
  const value = unpack<T>(payload);
  if (value) return value;
  throw new WhylightError('origin_error', 'The response of the origin cannot be read.');
}
