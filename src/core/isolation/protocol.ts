/** Messages between a method in an isolate of its own and the server that calls it. All of them are plain data. */
import type * as z from 'zod';
import { type ErrorCode, WhylightError } from '../errors.ts';
import type {
  Attribution,
  Cost,
  EvaluateOptions,
  ExplainContext,
  Given,
  Method,
  MethodSetup,
  NamedNeeds,
  Needs,
} from '../method/contract.ts';
import type { Target } from '../model/target-request.ts';
import type { Inputs } from '../tensor/rows.ts';
import { thrownText } from '../thrown-text.ts';
import type { ModelCopy, ModelReference } from './model-copy.ts';

/** Description of a method: all of it but its functions; parameters as JSON Schema. */
export interface MethodDescription
  extends Pick<
    Method,
    | 'apiVersion'
    | 'id'
    | 'strategy'
    | 'revision'
    | 'about'
    | 'readsScore'
    | 'stopsEarly'
    | 'background'
    | 'follows'
    | 'returns'
    | 'presets'
  > {
  readonly parameters: z.core.JSONSchema.BaseSchema;
  /** True for a method with a `setup`. */
  readonly loads: boolean;
}

/** Method in an isolate of its own, as a build has it. */
export interface IsolatedBuild {
  /** File or package of the method. */
  readonly use: string;
  /** Path of its bundle among the static assets of a Worker. */
  readonly script: string;
  /** Digest of the bundle: an isolate of another one is not used. */
  readonly digest: string;
  readonly description: MethodDescription;
}

type Params = Readonly<Record<string, unknown>>;

/** Parts of the context of `explain` that are data. */
export interface ContextCopy
  extends Pick<ExplainContext<Params>, 'inputs' | 'baselines' | 'batch' | 'target' | 'score' | 'batchSize' | 'mixes'> {
  readonly prefetch: boolean;
  readonly seed: number;
  readonly stream: number;
}

/** Call of one of the method's functions. */
export type Call =
  | { readonly kind: 'describe' }
  /** `setup` names what is loaded: tenants may have other files. */
  | { readonly kind: 'setup'; readonly setup: string }
  | { readonly kind: 'needs'; readonly model: ModelReference; readonly params: Params }
  | { readonly kind: 'cost'; readonly model: ModelReference; readonly params: Params; readonly given: Given }
  | {
      readonly kind: 'explain';
      readonly model: ModelReference;
      readonly params: Params;
      readonly context: ContextCopy;
      /** The setup that the method is run with; undefined for a method that loads nothing. */
      readonly setup?: string;
    };

/** A call, and what the isolate said that it lacks. */
export interface Asked {
  readonly call: Call;
  readonly model?: ModelCopy;
}

/** Results of the calls. */
export interface Results {
  readonly describe: MethodDescription;
  readonly setup: Pick<MethodSetup, 'models'>;
  readonly needs: Needs | NamedNeeds;
  readonly cost: Cost;
  readonly explain: Attribution;
}

/** Reply to a call: its result, an error, or the part that the isolate lacks to answer. */
export type Reply =
  | { readonly result: Results[Call['kind']] }
  | { readonly failure: Failure }
  | { readonly missing: 'model' | 'setup' };

/** Operation of the context that the method asks for during a call. `own` stands for the input or target of the request. */
export type Question =
  | {
      readonly kind: 'evaluate';
      readonly rows: Inputs | 'own';
      readonly graph?: EvaluateOptions['graph'];
      readonly target?: 'own' | Target | readonly Target[];
    }
  | { readonly kind: 'partial'; readonly attribution: Attribution }
  | { readonly kind: 'get'; readonly name: string }
  | { readonly kind: 'put'; readonly name: string; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly name: string };

/** Answer to a question. */
export type Answer = { readonly value: unknown } | { readonly failure: Failure };

/** Parts of an error. One that is no {@link WhylightError} has no code. */
export interface Failure {
  readonly code?: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly stack?: string;
}

/** Takes an error apart. */
export function failureOf(error: unknown): Failure {
  if (WhylightError.is(error)) {
    const details = JSON.parse(JSON.stringify(error.details)) as Failure['details'];
    return { code: error.code, message: error.message, details };
  }
  if (error instanceof Error)
    return { message: `${error.name}: ${error.message}`, details: {}, stack: error.stack ?? '' };
  return { message: `It threw ${thrownText(error)}, which is no Error.`, details: {} };
}

/** Puts an error together. */
export function errorOf({ code, message, details, stack }: Failure): Error {
  if (code !== undefined) return new WhylightError(code, message, details);
  const error = new TypeError(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
