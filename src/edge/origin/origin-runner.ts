/** Explains at an origin what is too heavy for an isolate: the same question, the same answer, the same progress. */
import { WhylightError } from '../../core/errors.ts';
import type { Explained, Explanation } from '../../core/explainer/explanation.ts';
import type { ExplainHooks, ExplainRequest } from '../../core/explainer/request.ts';
import type { Model } from '../../core/model/model.ts';
import { FRAME, FRAMES_TYPE, type Frame, readFrames } from '../../protocol/frames.ts';
import { unpack } from '../../protocol/packed.ts';
import type { Parcel } from '../models/model-bundle.ts';
import type { Rights } from '../tenants/tenant.ts';
import { type Correspondent, type Origins, SILENCE_MS, silent } from './origin-client.ts';
import { decodeFailure, encodeQuestion, PACKED_TYPE, RUN_PATH } from './origin-request.ts';
import { problemIn, refused, sendMissing } from './send-model.ts';

export interface RemoteHooks extends ExplainHooks {
  /** What methods that are made of others may reach. */
  readonly rights: Rights;
  /** Of an uploaded model, for an origin that does not hold it. */
  readonly parcel?: Parcel;
  /** Milliseconds that are left. */
  readonly deadline?: number;
  /** W3C trace context of the request, as headers. */
  readonly trace?: Readonly<Record<string, string>>;
}

export class OriginRunner {
  private readonly origins: Origins;
  private readonly silence: number;

  constructor(origins: Origins, silence: number = SILENCE_MS) {
    this.origins = origins;
    this.silence = silence;
  }

  get available(): boolean {
    return this.origins.available;
  }

  /** Whole seconds after which it may help to ask again. */
  get retryAfter(): number {
    return this.origins.retryAfter;
  }

  /** @throws WhylightError as `Explainer.explain` does, and `origin_unavailable`, `origin_timeout`, `origin_error` */
  async explain(model: Model, request: ExplainRequest, hooks: RemoteHooks): Promise<Explanation> {
    const { rights, maxSamples, deadline, trace, parcel } = hooks;
    const asked = Date.now();
    const body = () =>
      encodeQuestion({
        model: { name: model.name, digest: model.digest, ...(parcel && { files: parcel.files }) },
        request,
        rights: { methods: rights.methods, parameters: rights.parameters },
        ...(maxSamples !== undefined && { maxSamples }),
        partials: hooks.partial !== undefined,
        ...(deadline !== undefined && { deadline: Math.max(1, deadline - (Date.now() - asked)) }),
      });
    const headers = {
      'Content-Type': PACKED_TYPE,
      Accept: FRAMES_TYPE,
      ...trace,
    };
    const signal = hooks.signal ?? new AbortController().signal;
    const shown = onlyForward(hooks);
    return this.origins.ask(RUN_PATH, body, headers, signal, async (response, origin) =>
      this.receive(parcel ? await withModel(response, parcel, origin) : response, shown()),
    );
  }

  private async receive(response: Response, hooks: Shown): Promise<Explanation> {
    if (!response.ok || !response.body) throw refused(response, await problemIn(response));
    const frames = readFrames(response.body);
    try {
      for (;;) {
        const { done, value } = await this.inTime(frames.next());
        if (done) throw new WhylightError('origin_error', 'The answer of the origin ended too early.');
        if (value.kind === FRAME.failure) throw decodeFailure(value.payload);
        if (value.kind === FRAME.result) return read<Explanation>(value);
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
      giveUp = () => reject(silent(this.silence));
    });
    const timer = setTimeout(giveUp, this.silence);
    try {
      return await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The answer once the origin has the model: it is sent what it says that it lacks, and asked again, once. */
async function withModel(response: Response, parcel: Parcel, origin: Correspondent): Promise<Response> {
  if (response.status !== 409) return response;
  const reason = await problemIn(response);
  if (reason.code !== 'model_needed') throw refused(response, reason);
  await sendMissing(reason.missing, parcel, origin);
  return origin.again();
}

type Shown = Pick<ExplainHooks, 'progress' | 'partial'>;

/**
 * The hooks for one try after the other. A second try begins again at nothing: until it is further than the first one
 * came, whoever watches is told nothing of it.
 */
function onlyForward({ progress, partial }: Shown): () => Shown {
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
  throw new WhylightError('origin_error', 'The origin answered with something that cannot be read.');
}
