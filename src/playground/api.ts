/** Client of the server: the one file that knows paths, headers and the JSON of responses. */

import type { Preprocessing } from '../core/image/preprocess.ts';
import type { ParameterSchema } from '../core/method/schema.ts';
import type { ModelDescription } from '../core/model/description.ts';
import { HEADER_LENGTH } from '../protocol/open-inference.ts';
import { type Answer, answerOf, type InferenceDocument, type MapValues, mapOf, numbersOf } from './answer.ts';
import { readEvents } from './events.ts';
import { Failure } from './failure.ts';

export interface MethodInfo {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly strategy: string;
  /** Package and version, or digest, of its code. */
  readonly build?: string;
  readonly enabled: boolean;
  /** False if it does not apply to the model with default parameters, for the reason in `refusal`. */
  readonly applies?: boolean;
  readonly refusal?: string;
  /** Rows that it takes with default parameters. */
  readonly rows?: { readonly forwards: number; readonly backwards: number };
  readonly modalities: readonly string[];
  readonly properties: Readonly<Record<'signed' | 'complete' | 'deterministic' | 'classDiscriminative', boolean>>;
  readonly paper?: { readonly title: string; readonly year: number; readonly url: string };
  readonly parameters: { readonly properties?: Readonly<Record<string, ParameterSchema>> };
  /** Settings of the server's operator: other defaults, fixed values, narrower ranges. */
  readonly defaults?: Readonly<Record<string, unknown>>;
  readonly pinned?: Readonly<Record<string, unknown>>;
  readonly limits?: Readonly<Record<string, { readonly min?: number; readonly max?: number }>>;
}

export interface ModelInfo {
  readonly name: string;
  readonly versions: readonly string[];
  readonly description?: string;
  readonly labels?: readonly string[];
  readonly preprocessing?: Preprocessing;
  readonly digest: string;
  /** Key of the files, for a model that the user brought. */
  readonly own?: string;
  /** The output that holds the classes, and how its elements become probabilities. */
  readonly output?: string;
  readonly output_probability?: 'softmax' | 'sigmoid' | 'given';
  readonly label_offset: number;
  /** True if the model's file can be downloaded, to run it in the browser. */
  readonly downloadable: boolean;
  /** Files beside a downloadable model that its modality reads. */
  readonly files?: readonly string[];
  readonly spatial_layers: readonly string[];
  readonly inputs: readonly { readonly name: string; readonly datatype: string; readonly shape: readonly number[] }[];
  readonly outputs: readonly { readonly name: string }[];
  readonly facts: ModelDescription;
  /** Entries of modalities in the manifest, by their id. */
  readonly modalities?: Readonly<Record<string, unknown>>;
}

/** A question about one image. */
export interface Question {
  readonly model: string;
  readonly method: string;
  readonly params: Params;
  /** As the API takes it: `3`, `3 - 5`; the top class when left out. */
  readonly target?: string;
  readonly seed: number;
}

export type Param = string | number | boolean;
export type Params = Readonly<Record<string, Param>>;

export interface Hooks {
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total: number) => void;
  readonly partial?: (map: MapValues) => void;
}

export class Api {
  private readonly key: string;

  /** @param key of a tenant; empty for none */
  constructor(key: string) {
    this.key = key;
  }

  async models(): Promise<string[]> {
    const { models } = await this.json<{ models: { name: string }[] }>('/v2/models');
    return models.map(({ name }) => name);
  }

  model(name: string): Promise<ModelInfo> {
    return this.json(`/v2/models/${encodeURIComponent(name)}`);
  }

  /** Methods that the key may use, with their cost on the model or the reason why they do not apply to it. */
  async methods(model: string): Promise<MethodInfo[]> {
    const { methods } = await this.json<{ methods: MethodInfo[] }>(`/v2/methods?${new URLSearchParams({ model })}`);
    return methods.filter(({ enabled }) => enabled);
  }

  /** The ONNX file of a model that is downloadable, or a file beside it. */
  async file(model: string, path?: string): Promise<ArrayBuffer> {
    const query = path === undefined ? '' : `?path=${encodeURIComponent(path)}`;
    const response = await this.fetch(`/v2/models/${encodeURIComponent(model)}/file${query}`, {});
    return response.arrayBuffer();
  }

  /** The model's output, one number for each class. */
  async scores(model: ModelInfo, input: Blob, signal?: AbortSignal): Promise<number[]> {
    const response = await this.send(`/v2/models/${encodeURIComponent(model.name)}/infer`, input, signal);
    return numbersOf((await response.json()) as InferenceDocument, model.output);
  }

  /** The drawing of an explanation that was computed before: SVG, from the cache of the server. */
  async drawing(question: Question, input: Blob, signal?: AbortSignal): Promise<string> {
    const response = await this.send(explainPath(question), input, signal, 'image/svg+xml');
    return response.text();
  }

  /** Uploads a version of a model. @throws Failure `unauthorized` or `forbidden` for a key that may not */
  async upload(
    name: string,
    version: string,
    header: string,
    files: readonly Uint8Array<ArrayBuffer>[],
  ): Promise<void> {
    const json = new TextEncoder().encode(header);
    await this.fetch(`/v2/models/${encodeURIComponent(name)}/versions/${encodeURIComponent(version)}`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/octet-stream', [HEADER_LENGTH]: String(json.length) },
      body: new Blob([json, ...files]),
    });
  }

  async explain(question: Question, input: Blob, { signal, progress, partial }: Hooks = {}): Promise<Answer> {
    const response = await this.send(
      `${explainPath(question)}&summary=true`,
      input,
      signal,
      'text/event-stream, application/json;q=0.9',
    );
    const route = routeOf(response.headers);
    if (!response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
      return answerOf((await response.json()) as InferenceDocument, route);
    }
    let answer: Answer | undefined;
    for await (const { event, data } of readEvents(response.body as ReadableStream<Uint8Array>)) {
      if (event === 'progress') progress?.(data.done as number, data.total as number);
      const map = event === 'partial' ? mapOf(data as unknown as InferenceDocument) : undefined;
      if (map) partial?.(map);
      if (event === 'error') throw failureOf(data, 500);
      // Too heavy for an answer at once: it runs as a job, and is looked after.
      if (event === 'job') return this.result(data as unknown as JobInfo, route, { signal, progress });
      if (event === 'result') answer = answerOf(data as unknown as InferenceDocument, route);
    }
    if (answer) return answer;
    throw new Failure('internal', 'The server stopped in the middle of its answer. Try once more.');
  }

  /** Waits for a job to end; whoever cancels also cancels the job. */
  private async result(job: JobInfo, route: Answer['route'], { signal, progress }: Hooks): Promise<Answer> {
    const { location } = job;
    for (let now = job; ; now = await this.json<JobInfo>(location)) {
      if (now.progress) progress?.(now.progress.done, now.progress.total);
      if (now.error) throw failureOf(now.error, 500);
      if (now.result !== undefined) return answerOf(await this.json<InferenceDocument>(now.result), route);
      if (now.status === 'cancelled') throw new Failure('aborted', 'The job was cancelled.');
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      if (!signal?.aborted) continue;
      await this.fetch(location, { method: 'DELETE' });
      throw new Failure('aborted', 'Cancelled.');
    }
  }

  private async json<T>(path: string): Promise<T> {
    const response = await this.fetch(path, {});
    return (await response.json()) as T;
  }

  private send(path: string, input: Blob, signal?: AbortSignal, accept = 'application/json'): Promise<Response> {
    const headers = { 'Content-Type': input.type, Accept: accept };
    return this.fetch(path, { method: 'POST', body: input, headers, ...(signal && { signal }) });
  }

  /** @throws Failure for every answer that is none, and where nobody answers */
  private async fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.key !== '') headers.set('Authorization', `Bearer ${this.key}`);
    let response: Response;
    try {
      response = await fetch(path, { ...init, headers });
    } catch (error) {
      if ((error as Error).name === 'AbortError') throw new Failure('aborted', 'Cancelled.');
      throw new Failure('unreachable', 'The server does not answer. Is it running, and is this machine online?');
    }
    if (response.ok) return response;
    const problem = await response.json().catch(() => ({}));
    throw failureOf(problem as Record<string, unknown>, response.status);
  }
}

interface JobInfo {
  readonly status: string;
  readonly location: string;
  readonly progress?: { readonly done: number; readonly total: number };
  readonly result?: string;
  readonly error?: Record<string, unknown>;
}

const LOOK_AGAIN_MS = 1000;

/** Path and query of an explanation. */
export function explainPath({ model, method, params, target, seed }: Question): string {
  const query = new URLSearchParams({
    method,
    ...(target !== undefined && { target }),
    ...(seed !== 0 && { seed: String(seed) }),
    ...Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)])),
  });
  return `/v2/models/${encodeURIComponent(model)}/explain?${query}`;
}

function failureOf(problem: Record<string, unknown>, status: number): Failure {
  const { code, detail } = problem as { code?: string; detail?: string };
  return new Failure(code ?? String(status), detail ?? `The server answered with status ${status}.`);
}

function routeOf(headers: Headers): string {
  const route = headers.get('X-Whylight-Route') ?? '';
  const state = headers.get('X-Whylight-Cache') ?? '';
  return state === 'miss' || state === 'bypass' || state === '' ? route || 'edge' : 'cache';
}
