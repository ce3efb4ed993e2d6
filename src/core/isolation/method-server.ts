/** The isolate's side: a method that answers calls. */
import { WhylightError } from '../errors.ts';
import { modelView } from '../explainer/plugin-view.ts';
import { LruCache } from '../lru-cache.ts';
import {
  type Attribution,
  type ExplainContext,
  type Method,
  type MethodSource,
  type Needs,
  namedNeeds,
} from '../method/contract.ts';
import type { ModelInfo } from '../model/info.ts';
import { safeParse } from '../safe-parse.ts';
import { Random } from '../tensor/random.ts';
import { describeMethod } from './describe.ts';
import { type ModelReference, openModel } from './model-copy.ts';
import { packed } from './packed.ts';
import { type Answer, type Asked, type Call, errorOf, failureOf, type Question, type Reply } from './protocol.ts';

/** Puts a question to the server during a call. */
export type Ask = (question: Question) => Promise<Answer>;

/** Models that an isolate remembers. */
const MAX_MODELS = 4;
/** Setups that an isolate remembers: one for each tenant with files of its own. */
const MAX_SETUPS = 8;

/** Methods that a method in an isolate of its own may wrap: none, since theirs run in the server. */
const NO_METHODS: MethodSource = {
  bind(id) {
    throw new WhylightError(
      'unprocessable_method',
      `A method in an isolate of its own cannot run ${id}: import what it wraps, or leave "isolated" out of its entry.`,
      { method: id },
    );
  },
};

/** Answers calls of one method. */
export class MethodServer {
  private readonly method: Method;
  private readonly models = new LruCache<ModelInfo>({ capacity: MAX_MODELS });
  private readonly setups = new LruCache<{ readonly data: unknown }>({ capacity: MAX_SETUPS });
  private stop = new AbortController();

  constructor(method: Method) {
    this.method = method;
  }

  /** Answers a call; what the method throws is a failure. */
  async answer({ call, model }: Asked, ask: Ask): Promise<Reply> {
    try {
      if ('model' in call && model) this.models.set(call.model.id, openModel(model));
      if (call.kind === 'explain' && this.method.setup && !this.setupOf(call)) return { missing: 'setup' };
      if ('model' in call && !this.models.get(call.model.id)) return { missing: 'model' };
      return { result: await this.perform(call, ask) };
    } catch (error) {
      return { failure: failureOf(error) };
    }
  }

  /** Tells the method that runs that nobody waits for it. */
  abort(): void {
    this.stop.abort();
  }

  private perform(call: Call, ask: Ask) {
    const { method } = this;
    switch (call.kind) {
      case 'describe':
        return describeMethod(method);
      case 'setup':
        return this.load(call.setup, ask);
      case 'needs':
        return sentNeeds(method, method.needs(this.params(call.params), this.info(call.model), NO_METHODS));
      case 'cost':
        return method.cost(this.params(call.params), this.info(call.model), NO_METHODS, call.given);
      case 'explain':
        return this.explain(call, ask);
    }
  }

  private async load(setup: string, ask: Ask) {
    const file = async (name: string) => (await asking(ask, { kind: 'file', name })) as Uint8Array;
    const { data, models } = (await this.method.setup?.({ file })) ?? {};
    this.setups.set(setup, { data });
    return packed({ ...(models && { models }) });
  }

  private setupOf({ setup }: { readonly setup?: string }): { readonly data: unknown } | undefined {
    return setup === undefined ? undefined : this.setups.get(setup)?.value;
  }

  private async explain(call: Extract<Call, { kind: 'explain' }>, ask: Ask) {
    const { model, params, context } = call;
    const { seed, stream, ...given } = context;
    const stop = new AbortController();
    this.stop = stop;
    const stoppable: Ask = async (question) => {
      const answer = await ask(question);
      if ('failure' in answer && answer.failure.code === 'aborted') stop.abort();
      return answer;
    };
    const partials = new Partials(stoppable);
    const attribution = await this.method.explain({
      ...given,
      ahead: given.prefetch,
      params: this.params(params),
      model: this.info(model),
      methods: NO_METHODS,
      data: this.setupOf(call)?.data,
      state: stateOf(stoppable),
      random: new Random(seed, stream),
      signal: stop.signal,
      evaluate: evaluateOf(context, stoppable),
      partial: (offered) => partials.offer(offered),
    });
    await partials.sent;
    return packed(attribution);
  }

  /** Checks what a description of the parameters cannot say, such as refinements. */
  private params(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const parsed = safeParse(this.method.params, given);
    if (parsed.success) return parsed.data;
    const issues = parsed.error.issues.map(({ path, message }) => ({ parameter: path.join('.'), message }));
    const text = issues.map(({ parameter, message }) => `Parameter "${parameter}" of ${this.method.id}: ${message}.`);
    throw new WhylightError('invalid_request', text.join(' '), { method: this.method.id, issues });
  }

  private info({ id, features }: ModelReference): ModelInfo {
    const info = this.models.get(id)?.value as ModelInfo;
    return modelView(features ? { ...info, features } : info);
  }
}

/** @throws WhylightError the failure of an answer */
async function asking(ask: Ask, question: Question): Promise<unknown> {
  const answer = await ask(question);
  if ('failure' in answer) throw errorOf(answer.failure);
  return answer.value;
}

const evaluateOf =
  (own: Pick<ExplainContext<never>, 'inputs' | 'target'>, ask: Ask): ExplainContext<never>['evaluate'] =>
  async (rows, { graph, target } = {}) =>
    (await asking(ask, {
      kind: 'evaluate',
      // The server knows its own object again, which takes no run.
      rows: rows === own.inputs ? 'own' : packed(rows),
      ...(graph !== undefined && { graph }),
      ...(target !== undefined && { target: target === own.target ? 'own' : target }),
    })) as Awaited<ReturnType<ExplainContext<never>['evaluate']>>;

const stateOf = (ask: Ask): ExplainContext<never>['state'] => ({
  get: async (name) => (await asking(ask, { kind: 'get', name })) as Uint8Array | undefined,
  async put(name, bytes) {
    await asking(ask, { kind: 'put', name, bytes: packed(bytes) });
  },
});

/** Partial answers, until the server says that nobody listens. */
class Partials {
  /** Settles when those that were offered have arrived. */
  sent: Promise<unknown> = Promise.resolve();
  private wanted = true;
  private readonly ask: Ask;

  constructor(ask: Ask) {
    this.ask = ask;
  }

  offer(offered: Attribution | (() => Attribution)): void {
    if (!this.wanted) return;
    const attribution = packed(typeof offered === 'function' ? offered() : offered);
    const one = asking(this.ask, { kind: 'partial', attribution }).then((wanted) => {
      this.wanted &&= wanted === true;
    });
    const before = this.sent;
    this.sent = one.then(() => before);
    // Whoever waits for `sent` hears of it.
    this.sent.catch(() => {});
  }
}

/** Needs as plain data. */
function sentNeeds(method: Method, needs: ReturnType<Method['needs']>): ReturnType<Method['needs']> {
  for (const [name, { ruleset }] of Object.entries<Needs>(namedNeeds(needs))) {
    if (ruleset === undefined || typeof ruleset === 'string') continue;
    throw new WhylightError(
      'unprocessable_method',
      `The graph "${name}" of ${method.id} has a ruleset of its own, whose rules run in the server: name one that comes with whylight by its id, or leave "isolated" out of its entry.`,
      { method: method.id, graph: name, ruleset: ruleset.id },
    );
  }
  return JSON.parse(JSON.stringify(needs));
}
