/** A model that is open: predictions and explanations of inputs as a program has them. */
import { WhylightError } from '../core/errors.ts';
import { AUTO_METHOD } from '../core/explainer/auto-method.ts';
import { chooseMethod } from '../core/explainer/choose-method.ts';
import { embeddingOf } from '../core/explainer/embedding.ts';
import type { Explainer } from '../core/explainer/explainer.ts';
import type { Explained } from '../core/explainer/explanation.ts';
import type { ExplainHooks } from '../core/explainer/request.ts';
import type { ImageCodecs } from '../core/image/codecs/codecs.ts';
import type { Model } from '../core/model/model.ts';
import type { Prediction } from '../core/task/task.ts';
import type { Inputs } from '../core/tensor/rows.ts';
import { ModelExplanation } from './model-explanation.ts';
import { type InputReaders, type ModelInput, readModelInput } from './model-input.ts';
import type { OpenedModel } from './opened-model.ts';
import { explainSubject, type Question, readRequestOf } from './outcome.ts';
import { predictionsOf } from './outcome-json.ts';
import { Steps } from './steps.ts';
import type { Subject } from './subject.ts';

/** Settings of one explanation; all may be left out. */
export interface ExplainOptions
  extends Partial<Omit<Question, 'similarTo'>>,
    Pick<ExplainHooks, 'signal' | 'progress' | 'maxSamples'> {
  /** Another input, or an embedding as a list of numbers: the cosine of both embeddings is explained. */
  readonly similarTo?: readonly number[] | ModelInput;
  /** Receives maps that are correct but not yet precise. */
  readonly partial?: (explained: Explained) => void;
}

/** Settings of one prediction. */
export type PredictOptions = Pick<ExplainOptions, 'task' | 'threshold' | 'similarTo' | 'top' | 'signal'>;

/** Step of an explanation: a map so far, or the explanation itself, which comes last. */
export type ExplanationStep =
  | { readonly kind: 'partial'; readonly explained: Explained }
  | { readonly kind: 'explanation'; readonly explanation: ModelExplanation };

/** Parts that a model is opened with. */
export interface ExplainableParts {
  readonly opened: OpenedModel;
  readonly explainer: Explainer;
  readonly readers: Omit<InputReaders, 'codecs'> & { readonly codecs: ImageCodecs };
  /** Sentences for the user: which engine runs. */
  readonly notices?: readonly string[];
}

/**
 * Model with everything that is needed to explain it.
 *
 * @example
 * const model = await open('models/cifar10');
 * const [best] = await model.predict('cat.jpg');
 * const explanation = await model.explain('cat.jpg', { method: 'grad_cam' });
 */
export class ExplainableModel {
  /** The model itself, for calls of `createExplainer`. */
  readonly model: Model;
  /** Sentences for the user: which of several files is used, which engine runs. */
  readonly notices: readonly string[];
  private readonly parts: ExplainableParts;

  constructor(parts: ExplainableParts) {
    this.parts = parts;
    this.model = parts.opened.model;
    this.notices = [...parts.opened.notices, ...(parts.notices ?? [])];
  }

  /** Name of the model. */
  get name(): string {
    return this.model.name;
  }

  /** Ids of the methods that can be asked for. */
  get methods(): readonly string[] {
    return this.parts.explainer.methods.ids;
  }

  /**
   * Predictions for one input, best first: classes, boxes, words, whatever the model's task is.
   * @throws WhylightError `invalid_request` for an input of several rows, and as reading and running do
   */
  async predict(
    input: ModelInput,
    { task, threshold, similarTo: other, top, signal }: PredictOptions = {},
  ): Promise<readonly Prediction[]> {
    const { inputs, prepared, image } = await this.one(input);
    const asksForClasses = task === undefined && threshold === undefined && other === undefined;
    const similarTo = await this.embedding(other, task);
    const classes = asksForClasses ? await this.classesOf(inputs, top, signal) : [];
    if (classes.length > 0) return classes;
    const answers = await this.parts.explainer.answer(
      this.model,
      {
        inputs,
        read: readRequestOf({ threshold, similarTo }, image),
        ...(prepared && { features: [prepared.features] }),
        ...(task !== undefined && { corrections: { task } }),
        ...(top !== undefined && { top }),
      },
      { ...(signal && { signal }) },
    );
    return answers.rows[0] ?? [];
  }

  /**
   * Explains one input.
   * @throws WhylightError `invalid_request` for an input of several rows, `method_not_found`, `label_not_found`,
   *   `unprocessable_method`, `aborted`
   *
   * @example
   * const { map, summary } = await model.explain(bytes, { target: 'cat' });
   */
  async explain(input: ModelInput, options: ExplainOptions = {}): Promise<ModelExplanation> {
    return this.explainRow(await this.one(input), options);
  }

  /** Explains every row of an input, such as a table, one after the other. */
  async *explainEach(input: ModelInput, options: ExplainOptions = {}): AsyncGenerator<ModelExplanation> {
    for (const subject of await this.read(input)) yield await this.explainRow(subject, options);
  }

  /**
   * Explains one input, with the maps on the way. Only methods that draw samples have such maps.
   *
   * @example
   * for await (const step of model.explainSteps(bytes, { method: 'rise' })) {
   *   if (step.kind === 'partial') show(step.explained.map);
   * }
   */
  async *explainSteps(input: ModelInput, options: ExplainOptions = {}): AsyncGenerator<ExplanationStep> {
    const stop = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
    const steps = new Steps<ExplanationStep>();
    const partial = (explained: Explained): void => steps.push({ kind: 'partial', explained });
    this.explain(input, { ...options, signal, partial })
      .then((explanation) => steps.push({ kind: 'explanation', explanation }))
      .then(
        () => steps.end(),
        (error) => steps.end(error),
      );
    try {
      yield* steps;
    } finally {
      // Whoever leaves the loop early wants nothing more.
      stop.abort();
    }
  }

  /** Classes with their probabilities; none for models of other tasks. */
  private async classesOf(
    inputs: Inputs,
    top: number | undefined,
    signal: AbortSignal | undefined,
  ): Promise<readonly Prediction[]> {
    if (this.model.description.explained.task.value !== 'classification') return [];
    const request = { inputs, ...(top !== undefined && { top }) };
    const [row] = await this.parts.explainer.predict(this.model, request, { ...(signal && { signal }) });
    return row ? predictionsOf(row) : [];
  }

  /** The embedding of another input; a list of numbers is one already. */
  private async embedding(
    other: ExplainOptions['similarTo'],
    task: string | undefined,
  ): Promise<readonly number[] | undefined> {
    if (other === undefined) return undefined;
    if (isVector(other)) return other;
    const { inputs } = await this.one(other);
    return embeddingOf(this.parts.explainer, this.model, {
      inputs,
      ...(task !== undefined && { corrections: { task } }),
    });
  }

  private read(input: ModelInput): Promise<Subject[]> {
    return readModelInput(this.parts.opened, input, this.parts.readers);
  }

  private async one(input: ModelInput): Promise<Subject> {
    const subjects = await this.read(input);
    const [subject] = subjects;
    if (subject && subjects.length === 1) return subject;
    throw new WhylightError(
      'invalid_request',
      `The input has ${subjects.length} rows, and one is explained at a time: give one row, or use explainEach().`,
      { rows: subjects.length },
    );
  }

  private async explainRow(subject: Subject, options: ExplainOptions): Promise<ModelExplanation> {
    const { opened, explainer, readers } = this.parts;
    const {
      method: wanted,
      partial,
      signal,
      progress,
      maxSamples,
      summary = true,
      similarTo: other,
      ...rest
    } = options;
    const similarTo = await this.embedding(other, rest.task);
    const question = { ...rest, ...(similarTo && { similarTo }) };
    const { entry, reason } =
      wanted === undefined || wanted === AUTO_METHOD
        ? chooseMethod(explainer.methods, {
            model: this.model,
            inputs: subject.inputs,
            scores: question.scores,
            corrections: question.task === undefined ? undefined : { task: question.task },
          })
        : { entry: explainer.methods.get(wanted), reason: undefined };
    const { id, about } = entry.method;
    const outcome = await explainSubject(
      explainer,
      opened,
      subject,
      { ...question, summary, method: id },
      {
        ...(signal && { signal }),
        ...(progress && { progress }),
        ...(maxSamples !== undefined && { maxSamples }),
        ...(partial && { partial: (_: number, explained: Explained) => partial(explained) }),
      },
    );
    const signed = about.properties.signed && outcome.explanation.params.absolute !== true;
    return new ModelExplanation(outcome, { codecs: readers.codecs, signed, ...(reason !== undefined && { reason }) });
  }
}

const isVector = (value: NonNullable<ExplainOptions['similarTo']>): value is readonly number[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'number');
