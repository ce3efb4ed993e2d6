/** Exports of `whylight/prepared` that are the same on every platform. */
import { explainerOf } from '../composition/explainer.ts';
import type { Engine } from '../core/engine/engine.ts';
import { SessionCache } from '../core/engine/session-cache.ts';
import { WhylightError } from '../core/errors.ts';
import type { Explanation, Prediction } from '../core/explainer/explanation.ts';
import type { ExplainHooks, ExplainRequest } from '../core/explainer/request.ts';
import { ISOLATE_LIMITS, type Limits } from '../core/limits.ts';
import type { Method } from '../core/method/contract.ts';
import { MethodRegistry, type PluginEntry } from '../core/method/registry.ts';
import type { Model } from '../core/model/model.ts';
import { preparedModel } from '../core/model/prepared-model.ts';
import type { Estimate } from '../core/plan/cost.ts';
import { PREPARED_FORMAT, type Prepared, preparedCompiler, preparedStore } from '../core/plan/prepared-graphs.ts';
import { TaskRegistry } from '../core/task/registry.ts';
import { unpack } from '../protocol/packed.ts';

export type { Engine } from '../core/engine/engine.ts';
export { type ErrorCode, WhylightError } from '../core/errors.ts';
export type { ExplainedRow, Explanation, Prediction } from '../core/explainer/explanation.ts';
export type { ExplainHooks, ExplainRequest } from '../core/explainer/request.ts';
export type { TargetRequest } from '../core/model/target-request.ts';
export type { Inputs } from '../core/tensor/rows.ts';
export { float32, type Tensor, tensor } from '../core/tensor/tensor.ts';

/** Settings of {@link openPreparedOn}. */
export interface PreparedSettings {
  /** Methods, or methods with an operator's defaults and limits. */
  readonly methods: readonly (Method | PluginEntry)[];
  /** Engine that runs the graphs; the platform's own when left out. */
  readonly engine?: Engine;
  /** Limits of the machine; those of an isolate when left out. */
  readonly limits?: Partial<Pick<Limits, 'sessionBytes' | 'memoryBudget' | 'maxBatch'>>;
}

/** A prepared model that explains tensors. */
export interface PreparedModel {
  readonly model: Model;
  /**
   * Explains each row of the inputs.
   * @throws WhylightError `unprocessable_method` for parameters that need a graph the model was not prepared with;
   * otherwise as the explainer of `whylight` does
   */
  explain(request: ExplainRequest, hooks?: ExplainHooks): Promise<Explanation>;
  /** Returns scores and top classes of each row. */
  predict(request: Pick<ExplainRequest, 'inputs' | 'top'>, hooks?: ExplainHooks): Promise<Prediction[]>;
  /** Estimates time and memory of a request. */
  estimate(request: ExplainRequest): Promise<Estimate>;
}

/**
 * Opens a prepared model on an engine; `openPrepared` does so with the engine of the platform.
 * @param bytes what `whylight export prepared` wrote
 * @throws WhylightError `invalid_model` for other bytes, `invalid_config` for methods that break the contract
 */
export function openPreparedOn(engine: () => Engine, bytes: Uint8Array, settings: PreparedSettings): PreparedModel {
  const prepared = unpack<Prepared>(bytes);
  if (prepared?.format !== PREPARED_FORMAT) {
    throw new WhylightError(
      'invalid_model',
      prepared
        ? `The prepared model has the format ${prepared.format}, not ${PREPARED_FORMAT}: prepare it with this version of whylight.`
        : 'These bytes are no prepared model: whylight export prepared writes one.',
    );
  }
  const limits = { ...ISOLATE_LIMITS, ...settings.limits };
  const explainer = explainerOf({
    engine: settings.engine ?? engine(),
    sessions: new SessionCache(limits.sessionBytes),
    methods: new MethodRegistry(settings.methods.map((one) => ('method' in one ? one : { method: one }))),
    tasks: new TaskRegistry([]),
    limits,
    clock: () => performance.now(),
    compiler: preparedCompiler(prepared),
    graphs: preparedStore(prepared),
  });
  const model = preparedModel(prepared.facts, prepared.weights);
  return {
    model,
    explain: (request, hooks) => explainer.explain(model, request, hooks),
    predict: (request, hooks) => explainer.predict(model, request, hooks),
    async estimate(request) {
      const plan = await explainer.planned(model, request);
      await explainer.prepare(plan);
      return explainer.estimate(plan);
    },
  };
}
