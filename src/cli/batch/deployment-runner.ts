/** Explains inputs by a deployment: in the request, or as jobs. */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { WhylightError } from '../../core/errors.ts';
import { detailOf, parsePreprocessing, placementOf } from '../../core/image/preprocess.ts';
import { SERVER } from '../../edge/version.ts';
import { nodeCodecs } from '../../node/codecs.ts';
import { thumbnailOf } from '../../report/study.ts';
import { type DeploymentClient, problemIn } from '../deployment/client.ts';
import { modelPath, namedModel } from '../deployment/model-path.ts';
import { jobOf, missOf, priceOf } from '../price/list-prices.ts';
import { type ExplainAnswer, partsOf } from './answer-record.ts';
import { type BatchInput, MEDIA_TYPES } from './inputs.ts';
import type { DoneRecord, RunNote } from './record.ts';
import type { BatchRunner } from './runner.ts';

export interface DeploymentQuestion {
  /** Name of the model, and its version, `name@version`; the default version at the start when left out. */
  readonly model: string;
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
  /** Runs as jobs of the deployment, which its queue keeps. */
  readonly jobs: boolean;
  /** Adds images for reports. */
  readonly thumbnails: boolean;
}

interface Metadata {
  readonly digest: string;
  readonly labels?: readonly string[];
  readonly preprocessing?: unknown;
}

interface Answered {
  readonly answer: ExplainAnswer;
  readonly route: string;
}

interface JobView {
  readonly id: string;
  readonly status: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  readonly error?: { readonly code: string; readonly detail: string };
}

const POLL_MS = 1000;
/** Inputs at a time: those of jobs wait in the queue of the deployment. */
const CONCURRENCY = { requests: 8, jobs: 64 };

/** Makes the runner. @throws WhylightError `model_not_found` */
export async function deploymentRunner(client: DeploymentClient, question: DeploymentQuestion): Promise<BatchRunner> {
  const { name, version: wanted } = namedModel(question.model);
  const versions = await client.json<{ default: string }>(modelPath({ name }, '/versions'));
  const version = wanted ?? versions.default;
  const path = modelPath({ name, version });
  const metadata = await client.json<Metadata>(path);
  return new DeploymentRunner(client, question, { name, version, path, metadata });
}

interface Subject {
  readonly name: string;
  readonly version: string;
  readonly path: string;
  readonly metadata: Metadata;
}

class DeploymentRunner implements BatchRunner {
  readonly settings: BatchRunner['settings'];
  readonly noun: string;
  readonly concurrency: number;
  private readonly client: DeploymentClient;
  private readonly question: DeploymentQuestion;
  private readonly subject: Subject;
  private milliseconds: Promise<number> | undefined;

  constructor(client: DeploymentClient, question: DeploymentQuestion, subject: Subject) {
    this.client = client;
    this.question = question;
    this.subject = subject;
    const { name, version, metadata } = subject;
    const { method, params, jobs } = question;
    this.noun = metadata.preprocessing ? 'image' : 'input';
    this.concurrency = jobs ? CONCURRENCY.jobs : CONCURRENCY.requests;
    this.settings = {
      whylight: SERVER.version,
      engine: 'deployment',
      model: { name, version, digest: metadata.digest },
      methods: [{ method, params }],
      maps: question.thumbnails,
    };
  }

  /** Prices an input by the estimate for the first one: others of its kind take as long. */
  async price(input: BatchInput): Promise<number> {
    const milliseconds = await this.millisecondsOf(input);
    return priceOf(this.question.jobs ? jobOf(milliseconds) : missOf(milliseconds));
  }

  private async millisecondsOf(input: BatchInput): Promise<number> {
    // An estimate that failed because of its own input says nothing about this one.
    if (this.milliseconds) {
      const known = await this.milliseconds.catch(() => undefined);
      if (known !== undefined) return known;
    }
    this.milliseconds = this.estimate(input);
    return this.milliseconds;
  }

  async explain(input: BatchInput, digest: string): Promise<DoneRecord> {
    const bytes = await input.read();
    const started = performance.now();
    const { answer, route } = this.question.jobs
      ? await this.asJob(input, digest, bytes)
      : await this.asRequest(input, bytes);
    const ms = Math.round(performance.now() - started);
    const { top, features, method } = partsOf(answer);
    const truth = this.truthOf(input.name);
    const usd = route === 'cache' ? 0 : await this.price(input);
    const run: RunNote = { route, ms, usd, model_version: answer.model_version };
    return {
      name: input.name,
      digest,
      ...(truth !== undefined && { truth }),
      top,
      ...(this.question.thumbnails && { ...(await this.thumbnail(bytes)) }),
      ...(features && { features }),
      methods: { [String(answer.parameters.method ?? this.question.method)]: method },
      run,
    };
  }

  private async asRequest(input: BatchInput, bytes: Uint8Array): Promise<Answered> {
    const response = await this.post('explain', input, bytes);
    const text = await response.text();
    if (!response.ok) throw problemIn(text, response.status, this.subject.path);
    const route = response.headers.get('X-Whylight-Route') ?? 'cache';
    return { answer: JSON.parse(text) as ExplainAnswer, route };
  }

  /** Hands a job in by a key that follows from the input, so that the same input is never two jobs. */
  private async asJob(input: BatchInput, digest: string, bytes: Uint8Array): Promise<Answered> {
    const key = createHash('sha256')
      .update(JSON.stringify([this.settings, input.name, digest]))
      .digest('hex');
    const submitted = await this.post('explain', input, bytes, { 'Idempotency-Key': key });
    const text = await submitted.text();
    if (!submitted.ok) throw problemIn(text, submitted.status, this.subject.path);
    if (submitted.status !== 202) return { answer: JSON.parse(text) as ExplainAnswer, route: 'cache' };
    let job = JSON.parse(text) as JobView;
    while (job.status === 'queued' || job.status === 'running') {
      await sleep(POLL_MS);
      job = await this.client.json<JobView>(`/v2/jobs/${job.id}`);
    }
    if (job.status !== 'succeeded') {
      // Removed, so that the next attempt is a new job under the same key.
      await this.client.json(`/v2/jobs/${job.id}`, { method: 'DELETE' });
      throw problemIn(JSON.stringify(job.error ?? {}), 500, `the job ${job.id}`);
    }
    return { answer: await this.client.json<ExplainAnswer>(`/v2/jobs/${job.id}/result`), route: 'job' };
  }

  private async estimate(input: BatchInput): Promise<number> {
    const response = await this.post('explain/estimate', input, await input.read());
    const text = await response.text();
    if (!response.ok) throw problemIn(text, response.status, this.subject.path);
    return (JSON.parse(text) as { milliseconds: number }).milliseconds;
  }

  private post(
    what: string,
    { name, extension }: BatchInput,
    bytes: Uint8Array,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const { method, params, jobs } = this.question;
    const type = MEDIA_TYPES[extension];
    if (type === undefined) {
      const known = Object.keys(MEDIA_TYPES).join(', ');
      throw new WhylightError('unsupported_media_type', `${name} is of no kind that can be sent: ${known}.`, { name });
    }
    const query = new URLSearchParams({ method, ...params, ...(jobs && { route: 'job' }) });
    return this.client.send(`${this.subject.path}/${what}?${query}`, {
      method: 'POST',
      headers: { 'Content-Type': type, Accept: 'application/json', ...headers },
      body: () => bytes as Uint8Array<ArrayBuffer>,
      repeatable: true,
    });
  }

  /** Class that the folder of an input names. */
  private truthOf(name: string): string | undefined {
    const folder = name.split('/').at(-2);
    return this.subject.metadata.labels?.find((label) => label.toLowerCase() === folder?.toLowerCase());
  }

  private async thumbnail(bytes: Uint8Array): Promise<{ thumbnail?: string }> {
    const source = this.subject.metadata.preprocessing;
    if (!source) return {};
    const preprocessing = parsePreprocessing(source);
    const image = await nodeCodecs().decode(bytes, { detail: detailOf(preprocessing) });
    return { thumbnail: await thumbnailOf({ image, placement: placementOf(image, preprocessing) }) };
  }
}
