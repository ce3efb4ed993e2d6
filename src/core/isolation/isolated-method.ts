/** The server's side: a method whose functions are called in an isolate of its own. */
import * as z from 'zod';
import { throwIfAborted } from '../abort.ts';
import { WhylightError } from '../errors.ts';
import { fnv1a } from '../fnv.ts';
import { LruCache } from '../lru-cache.ts';
import { ANSWERS_LATER, NotAnswered } from '../method/answered.ts';
import type { Attribution, ExplainContext, Method, MethodSetup, SetupTools } from '../method/contract.ts';
import type { ModelInfo } from '../model/info.ts';
import { copyModel, ModelIds } from './model-copy.ts';
import { packed } from './packed.ts';
import {
  type Answer,
  type Asked,
  type Call,
  errorOf,
  failureOf,
  type MethodDescription,
  type Question,
  type Reply,
  type Results,
} from './protocol.ts';

/** Call that an isolate is given. */
export interface IsolateCall extends Asked {
  /** Answers the questions of the method. It never fails. */
  answer(question: Question): Promise<Answer>;
  /** Milliseconds that the call may take; it has no limit of its own when left out. */
  readonly limitMs?: number;
  /** Ends the call. */
  readonly signal?: AbortSignal;
}

/** Isolate with one method, or several isolates with the same. */
export interface Isolate {
  /** @throws WhylightError `method_failed` for a method that ended its isolate, or took too long */
  call(call: IsolateCall): Promise<Reply>;
}

/** Milliseconds that `needs` and `cost` may take, which compute nothing. */
const ANSWER_MS = 2000;
/** Times that a call is made: an isolate may lack the model and the setup, and end in between. */
const MAX_ATTEMPTS = 5;
/** Milliseconds for loading files and models. */
const SETUP_MS = 60_000;

type Questions = { readonly [K in Question['kind']]?: (question: Extract<Question, { kind: K }>) => unknown };

/**
 * Makes the method of an isolate.
 * @param description of the method, from a build or from the isolate
 *
 * @example
 * const method = isolatedMethod(await describeIn(isolate), isolate);
 */
export function isolatedMethod({ parameters, loads, ...description }: MethodDescription, isolate: Isolate): Method {
  const remote = new RemoteMethod(description.id, isolate);
  return Object.freeze({
    ...description,
    [ANSWERS_LATER]: true,
    params: schemaOf(parameters),
    ...(loads && { setup: (tools: SetupTools) => remote.setup(tools) }),
    needs: (params: Params, model: ModelInfo) => remote.sync({ kind: 'needs', params }, model) as Results['needs'],
    cost: (params: Params, model: ModelInfo, _: unknown, given: { readonly baselines: number }) =>
      remote.sync({ kind: 'cost', params, given }, model) as Results['cost'],
    explain: (ctx: ExplainContext<Params>) => remote.explain(ctx),
  });
}

/** Makes the schema of the parameters again. What it cannot say is checked in the isolate. */
function schemaOf(parameters: MethodDescription['parameters']): z.ZodObject {
  const shape = Object.entries(parameters.properties ?? {}).map(([name, property]) => {
    const { default: value, ...schema } = property as z.core.JSONSchema.JSONSchema;
    return [name, z.fromJSONSchema(schema).default(value as never)];
  });
  const schema = z.object(Object.fromEntries(shape));
  // The author's own words and defaults, of which a second translation loses some.
  schema._zod.toJSONSchema = () => structuredClone(parameters);
  return schema;
}

/** Asks the isolate for the description of its method. */
export const describeIn = async (isolate: Isolate): Promise<MethodDescription> =>
  new RemoteMethod('in the isolate', isolate).ask<'describe'>({ kind: 'describe' }, {}, { limitMs: SETUP_MS });

type Params = Readonly<Record<string, unknown>>;
type Outcome = { readonly value: unknown } | { readonly error: unknown };

class RemoteMethod {
  private readonly id: string;
  private readonly isolate: Isolate;
  private readonly ids = new ModelIds();
  private readonly outcomes = new LruCache<Outcome>({ capacity: 512 });
  private readonly underway = new Map<string, Promise<void>>();
  /** Access to the files of each setup, for isolates that have not loaded them. */
  private readonly tools = new LruCache<SetupTools>({ capacity: 64 });

  constructor(id: string, isolate: Isolate) {
    this.id = id;
    this.isolate = isolate;
  }

  /** @throws NotAnswered until the isolate has answered; then what it has thrown, once */
  sync(call: { readonly kind: 'needs' | 'cost'; readonly params: Params; readonly given?: unknown }, info: ModelInfo) {
    const model = this.ids.refer(info);
    const { features } = model;
    const places = features && Object.entries(features.mask).map(([name, mask]) => [name, fnv1a(mask)]);
    const key = JSON.stringify([call, model.id, features?.count, features?.names, places]);
    const known = this.outcomes.get(key)?.value;
    if (!known) {
      const answer = this.underway.get(key) ?? this.start(key, { ...call, model } as Call, info);
      throw new NotAnswered(`The method ${this.id}`, () => answer);
    }
    if ('value' in known) return known.value;
    this.outcomes.delete(key);
    throw known.error;
  }

  private start(key: string, call: Call, info: ModelInfo): Promise<void> {
    const keep = (outcome: Outcome): void => {
      this.outcomes.set(key, outcome);
      this.underway.delete(key);
    };
    const answer = this.ask(call, {}, { limitMs: ANSWER_MS, info }).then(
      (value) => keep({ value }),
      (error: unknown) => keep({ error }),
    );
    this.underway.set(key, answer);
    return answer;
  }

  /** Loads files into an isolate. The data of the setup stays there; its name stands for it here. */
  async setup(tools: SetupTools, setup: string = crypto.randomUUID()): Promise<MethodSetup> {
    this.tools.set(setup, tools);
    const file = ({ name }: { readonly name: string }) => tools.file(name);
    return { ...(await this.ask<'setup'>({ kind: 'setup', setup }, { file }, { limitMs: SETUP_MS })), data: setup };
  }

  private async setupAgain(setup: string | undefined): Promise<void> {
    const tools = setup === undefined ? undefined : this.tools.get(setup)?.value;
    if (tools) await this.setup(tools, setup);
  }

  async explain(ctx: ExplainContext<Params>): Promise<Attribution> {
    const { inputs, baselines, batch, target, score, random, batchSize, prefetch, mixes, params, signal } = ctx;
    const { seed, stream } = random;
    const context = packed({ inputs, baselines, batch, target, score, seed, stream, batchSize, prefetch, mixes });
    const setup = typeof ctx.data === 'string' ? { setup: ctx.data } : {};
    const call: Call = { kind: 'explain', model: this.ids.refer(ctx.model), params, context, ...setup };
    return this.ask<'explain'>(call, questionsOf(ctx), { info: ctx.model, signal });
  }

  /** Calls the isolate, and again with what it lacks. */
  async ask<K extends Call['kind']>(
    call: Extract<Call, { kind: K }>,
    questions: Questions,
    { info, ...limits }: Pick<IsolateCall, 'limitMs' | 'signal'> & { readonly info?: ModelInfo },
  ): Promise<Results[K]> {
    const answer = (question: Question): Promise<Answer> => answerTo(questions, question);
    let model: Asked['model'];
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const reply = await this.isolate.call({ call, ...(model && { model }), ...limits, answer });
      if (limits.signal) throwIfAborted(limits.signal);
      if ('result' in reply) return reply.result as Results[K];
      if ('failure' in reply) throw errorOf(reply.failure);
      if (reply.missing === 'setup' && 'setup' in call) await this.setupAgain(call.setup);
      if (reply.missing === 'model' && info) model ??= copyModel(info);
    }
    const message = `The isolate of the method ${this.id} forgets what it is told.`;
    throw new WhylightError('method_failed', message, { method: this.id });
  }
}

async function answerTo(questions: Questions, question: Question): Promise<Answer> {
  try {
    const of = questions[question.kind] as ((asked: Question) => unknown) | undefined;
    if (!of) throw new TypeError(`There is no ${question.kind} in this call.`);
    return { value: packed(await of(question)) };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}

function questionsOf(ctx: ExplainContext<Params>): Questions {
  let offered = 0;
  return {
    evaluate: ({ rows, graph, target }) =>
      ctx.evaluate(rows === 'own' ? ctx.inputs : rows, {
        ...(graph !== undefined && { graph }),
        ...(target !== undefined && { target: target === 'own' ? ctx.target : target }),
      }),
    partial({ attribution }) {
      // The first one is looked at in any case.
      let taken = offered++ === 0;
      ctx.partial(() => {
        taken = true;
        return attribution;
      });
      return taken;
    },
    get: ({ name }) => ctx.state.get(name),
    put: ({ name, bytes }) => ctx.state.put(name, bytes),
  };
}
