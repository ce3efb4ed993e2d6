/** Explains inputs in this process, by its own engine or by an inference server with the exported graphs. */
import { WhylightError } from '../../core/errors.ts';
import { parseParams } from '../../core/method/params.ts';
import { nounOf } from '../../core/modality/noun.ts';
import { modalityOf } from '../../core/modality/registry.ts';
import { SERVER } from '../../edge/version.ts';
import { fileSubjects } from '../../library/file-subjects.ts';
import type { OpenedModel } from '../../library/opened-model.ts';
import { openInferenceEngine } from '../../protocol/open-inference-engine.ts';
import { lookAt, type Study } from '../../report/study.ts';
import { compose, composeOver, type EngineName } from '../compose.ts';
import { READERS } from '../read-subjects.ts';
import type { BatchInput } from './inputs.ts';
import type { BatchRunner } from './runner.ts';

export interface LocalQuestion {
  readonly opened: OpenedModel;
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly thumbnails: boolean;
  readonly engine?: EngineName;
  /** Address of a server of the Open Inference Protocol (KServe, Triton). */
  readonly inferenceServer?: string;
}

/** Makes the runner. @throws WhylightError `method_not_found` */
export async function localRunner(question: LocalQuestion): Promise<BatchRunner> {
  const { opened, method, params, seed, thumbnails, engine, inferenceServer } = question;
  const explainer =
    inferenceServer === undefined ? await compose(engine) : composeOver(openInferenceEngine({ url: inferenceServer }));
  const { model } = opened;
  const entry = explainer.methods.get(method);
  const study: Study = {
    explainer,
    opened,
    inputs: [],
    methods: [{ method, params }],
    metrics: [],
    scores: 'logits',
    seed,
    maps: thumbnails,
  };
  return {
    noun: nounOf(modalityOf(model)),
    concurrency: inferenceServer === undefined ? 1 : 8,
    settings: {
      whylight: SERVER.version,
      engine: explainer.engine.name,
      model: { name: model.name, version: model.version, digest: model.digest },
      methods: [{ method, revision: entry.method.revision, params: parseParams(entry.method, params, entry) }],
      seed,
      maps: thumbnails,
    },
    async explain(input, digest) {
      const bytes = await input.read();
      const started = performance.now();
      const subject = await onlySubject(opened, input, bytes);
      const folder = input.name.split('/').at(-2);
      const index = folder === undefined ? undefined : model.labels?.find(folder);
      const label = index === undefined ? undefined : model.labels?.names[index];
      const truth = index === undefined || label === undefined ? {} : { truth: { index, label } };
      const read = { subject, digest };
      const record = await lookAt(study, { name: input.name, ...truth, read: async () => read }, 0, read);
      const ms = Math.round(performance.now() - started);
      return { ...record, run: { route: 'local', ms, model_version: model.version } };
    },
  };
}

/** @throws WhylightError `invalid_request` for a file of several rows */
async function onlySubject(opened: OpenedModel, { name, extension }: BatchInput, bytes: Uint8Array) {
  const [subject, ...others] = await fileSubjects(opened, { name, extension, bytes }, READERS);
  if (subject && others.length === 0) return { ...subject, name };
  const message = `${name} has ${others.length + 1} rows, and a batch takes one a file: "whylight report" reads tables.`;
  throw new WhylightError('invalid_request', message, { name });
}
