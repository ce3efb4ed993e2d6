/** A method on one of the trial models: what the promises of the contract are tried on. */
import type { Engine } from '../core/engine/engine.ts';
import { SessionCache } from '../core/engine/session-cache.ts';
import { WhylightError } from '../core/errors.ts';
import { Explainer } from '../core/explainer/explainer.ts';
import type { Explanation } from '../core/explainer/explanation.ts';
import type { Plan } from '../core/explainer/plan.ts';
import type { ExplainHooks, ExplainRequest } from '../core/explainer/request.ts';
import type { Method } from '../core/method/contract.ts';
import { MethodRegistry } from '../core/method/registry.ts';
import type { TargetRequest } from '../core/model/target-request.ts';
import { graphCompiler } from '../core/plan/compile-variant.ts';
import { TaskRegistry } from '../core/task/registry.ts';
import { type Inputs, rowsOf } from '../core/tensor/rows.ts';
import type { Subject } from './models.ts';

export interface TrialOptions {
  readonly method: Method;
  /** The method and those that it is made of. */
  readonly methods: readonly Method[];
  readonly params: Readonly<Record<string, unknown>>;
  readonly subject: Subject;
  /** The first one runs everything; the others must agree with it. */
  readonly engines: readonly Engine[];
}

export interface Run {
  readonly inputs?: Inputs;
  readonly seed?: number;
  readonly target?: TargetRequest;
  readonly baselines?: Inputs;
  readonly maxBatch?: number;
  readonly engine?: Engine;
  readonly hooks?: ExplainHooks;
  /** Runs in place of the method. */
  readonly method?: Method;
}

const SESSION_BYTES = 2 ** 26;

export class Trial {
  readonly method: Method;
  readonly params: TrialOptions['params'];
  readonly subject: Subject;
  readonly engines: readonly Engine[];
  private readonly methods: readonly Method[];
  private firstRun: Promise<Explanation> | undefined;

  constructor({ method, methods, params, subject, engines }: TrialOptions) {
    this.method = method;
    this.methods = methods;
    this.params = params;
    this.subject = subject;
    this.engines = engines;
  }

  /** The same method on another model, with other parameters. */
  on(subject: Subject, more: TrialOptions['params'] = {}): Trial {
    const { method, methods, params, engines } = this;
    return new Trial({ method, methods, params: { ...params, ...more }, subject, engines });
  }

  /** Plan of the method for this model. */
  plan(): Plan {
    const { model, inputs } = this.subject;
    return this.explainer({}).plan(model, {
      method: this.method.id,
      params: this.params,
      inputs,
      ...this.given(inputs),
    });
  }

  /** Reason why the method does not apply to this model, in its own words; undefined where it does. */
  refusal(): string | undefined {
    try {
      this.plan();
      return undefined;
    } catch (error) {
      return WhylightError.is(error, 'unprocessable_method') ? error.message : undefined;
    }
  }

  /** The method as it stands, on the model's own input. Runs once, however often it is asked for. */
  first(): Promise<Explanation> {
    this.firstRun ??= this.explain();
    return this.firstRun;
  }

  explain(run: Run = {}): Promise<Explanation> {
    const { inputs = this.subject.inputs, seed, target, baselines, hooks } = run;
    const given = this.given(inputs);
    const request = {
      method: this.method.id,
      params: this.params,
      ...given,
      inputs,
      seed,
      target: this.aimed(target),
      ...(baselines && { baselines }),
    };
    return this.explainer(run).explain(this.subject.model, request, hooks);
  }

  /** Targets with maps of their own: the classes 0 and 1, or predictions of the model's task. */
  get targets(): readonly TargetRequest[] {
    return this.subject.answer?.targets ?? [0, 1];
  }

  /** The target of that number in place of a class, where the answer has none. */
  private aimed(target: TargetRequest | undefined): TargetRequest | undefined {
    const { answer } = this.subject;
    return answer && typeof target === 'number' ? answer.targets[target % answer.targets.length] : target;
  }

  /** Features and baselines of the subject, for each row of these inputs, and how its answers are read. */
  private given(inputs: Inputs): Pick<ExplainRequest, 'features' | 'baselines' | 'background' | 'read'> {
    const { features, baselines, background, answer } = this.subject;
    const rows = Math.max(...Object.values(inputs).map(rowsOf));
    return {
      ...(features && { features: Array.from({ length: rows }, () => features) }),
      ...(baselines && { baselines }),
      ...(background && { background }),
      ...(answer && { read: answer.read ?? {} }),
    };
  }

  private explainer({ engine = this.engines[0], maxBatch, method = this.method }: Run): Explainer {
    const others = this.methods.filter(({ id }) => id !== method.id);
    return new Explainer({
      compiler: graphCompiler,
      engine: engine as Engine,
      sessions: new SessionCache(SESSION_BYTES),
      methods: new MethodRegistry([method, ...others].map((one) => ({ method: one }))),
      maxBatch,
      ...(this.subject.answer && { tasks: new TaskRegistry(this.subject.answer.tasks) }),
    });
  }
}
