/** Client of the server: the one file that knows paths, headers and the JSON of responses. */

import type { Preprocessing } from '../core/image/preprocess.ts';
import type { ParameterSchema } from '../core/method/schema.ts';
import { readEvents } from './events.ts';

export interface MethodInfo {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly strategy: string;
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
  /** The output that holds the classes, and how its elements become probabilities. */
  readonly output?: string;
  readonly output_probability?: 'softmax' | 'sigmoid' | 'given';
  readonly label_offset: number;
  /** True if the model's file can be downloaded, to run it in the browser. */
  readonly downloadable: boolean;
  readonly spatial_layers: readonly string[];
  readonly inputs: readonly { readonly name: string; readonly datatype: string; readonly shape: readonly number[] }[];
  readonly outputs: readonly { readonly name: string }[];
  readonly facts: { readonly inputs: readonly { readonly modality: { readonly value: string } }[] };
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

/** One explanation, as the page needs it. */
export interface Answer {
  readonly map: { readonly width: number; readonly height: number; readonly values: Float32Array };
  readonly score: number;
  readonly label: string;
  /** The explanation in words. */
  readonly summary?: string;
  /** Provenance: parameters, seed, digest of the model, times. */
  readonly provenance: Readonly<Record<string, unknown>>;
  readonly convergenceDelta?: number;
  /** Route and cache status. */
  readonly route: string;
  /** The whole answer, for those who take it along. */
  readonly document: unknown;
}

export interface Hooks {
  readonly signal?: AbortSignal;
  readonly progress?: (done: number, total: number) => void;
  readonly partial?: (map: Answer['map']) => void;
}

/** Error of a request, with the API's code. */
export class Failure extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface Output {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: readonly (number | string)[];
}

/** An answer of the Open Inference Protocol. */
export interface InferenceDocument {
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly outputs: readonly Output[];
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

  /** Methods for images; with the name of a model also whether they apply to it, and their cost. */
  async methods(model?: string): Promise<MethodInfo[]> {
    const query = model === undefined ? '' : `?${new URLSearchParams({ model })}`;
    const { methods } = await this.json<{ methods: MethodInfo[] }>(`/v2/methods${query}`);
    return methods.filter(({ enabled, modalities }) => enabled && modalities.includes('image'));
  }

  /** The ONNX file of a model that is downloadable. */
  async file(model: string): Promise<ArrayBuffer> {
    const response = await this.fetch(`/v2/models/${encodeURIComponent(model)}/file`, {});
    return response.arrayBuffer();
  }

  /** The model's output, one number for each class. */
  async scores(model: ModelInfo, image: Blob, signal?: AbortSignal): Promise<number[]> {
    const response = await this.send(`/v2/models/${encodeURIComponent(model.name)}/infer`, image, signal);
    const { outputs } = (await response.json()) as InferenceDocument;
    const output = outputs.find(({ name }) => name === model.output) ?? outputs[0];
    return (output?.data ?? []) as number[];
  }

  async explain(question: Question, image: Blob, { signal, progress, partial }: Hooks = {}): Promise<Answer> {
    const response = await this.send(
      `${explainPath(question)}&summary=true`,
      image,
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
      if (event === 'partial') partial?.(mapOf(data as unknown as InferenceDocument));
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

  private send(path: string, image: Blob, signal?: AbortSignal, accept = 'application/json'): Promise<Response> {
    const headers = { 'Content-Type': image.type, Accept: accept };
    return this.fetch(path, { method: 'POST', body: image, headers, ...(signal && { signal }) });
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

/** @throws Failure when the answer has no map */
export function answerOf(document: InferenceDocument, route: string): Answer {
  const value = (name: string) => outputOf(document, name)?.data[0];
  const delta = value('convergence_delta');
  const summary = value('summary');
  return {
    map: mapOf(document),
    score: Number(value('scores')),
    label: String(value('target_label') ?? value('target') ?? ''),
    provenance: document.parameters ?? {},
    ...(typeof summary === 'string' && { summary }),
    ...(typeof delta === 'number' && { convergenceDelta: delta }),
    route,
    document,
  };
}

/** @throws Failure when there is none */
export function mapOf(document: InferenceDocument): Answer['map'] {
  const output = outputOf(document, 'saliency_map');
  const [, height, width] = output?.shape ?? [];
  if (!output || !height || !width) throw new Failure('no_map', 'This explanation is no map over the image.');
  return { width, height, values: Float32Array.from(output.data as number[]) };
}

const outputOf = ({ outputs }: InferenceDocument, name: string) => outputs?.find((output) => output.name === name);
