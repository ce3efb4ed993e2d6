/** Answers of `needs` and `cost` of methods. Both are pure, so neither is asked twice for the same parameters and facts. */
import { LruCache } from '../lru-cache.ts';
import type { Method, MethodSource } from '../method/contract.ts';
import type { ModelInfo } from '../model/info.ts';

/** Facts that an answer depends on beside its key. */
export interface Asked {
  readonly method: Method;
  /** Methods that a wrapper may use, within the rights of a tenant. */
  readonly methods: MethodSource;
  readonly info: ModelInfo;
}

/** Answers that are kept for each method on each model. */
const MAX_ANSWERS = 64;
/** Longest question that is kept, in characters: a mask of features may have thousands of numbers. */
const MAX_QUESTION = 4096;

type Answers = WeakMap<MethodSource, WeakMap<ModelInfo, LruCache<unknown>>>;

const byMethod = new WeakMap<Method, Answers>();

/**
 * Returns the answer of a method, from the first time that it was asked. An error is not kept.
 * @param question which function is asked, and its parameters, as text
 */
export function askedOnce<T>({ method, methods, info }: Asked, question: string, ask: () => T): T {
  if (question.length > MAX_QUESTION) return ask();
  const ofMethod: Answers = byMethod.get(method) ?? new WeakMap();
  byMethod.set(method, ofMethod);
  const ofSource = ofMethod.get(methods) ?? new WeakMap<ModelInfo, LruCache<unknown>>();
  ofMethod.set(methods, ofSource);
  const answers = ofSource.get(info) ?? new LruCache<unknown>({ capacity: MAX_ANSWERS });
  ofSource.set(info, answers);
  const known = answers.get(question);
  if (known) return known.value as T;
  const answer = ask();
  answers.set(question, answer);
  return answer;
}
