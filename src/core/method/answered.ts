/** Methods whose `needs` and `cost` are answered elsewhere, and so later than they are asked. */
import { WhylightError } from '../errors.ts';

/** Member of methods whose `needs` and `cost` throw {@link NotAnswered}; copies of the method keep it. */
export const ANSWERS_LATER: unique symbol = Symbol('answers later');

/** Thrown by `needs` and `cost` of a method in an isolate of its own, until its answer has come. */
export class NotAnswered extends WhylightError {
  /** Settles when the same question has an answer. It never fails: an error of the method is the answer. */
  readonly answer: Promise<void>;

  constructor(method: string, answer: Promise<void>) {
    super('overloaded', `The isolate of the method ${method} has not answered yet: ask again.`, { method });
    this.answer = answer;
  }
}

/** Questions that one piece of work may ask, one after the other. */
const MAX_QUESTIONS = 256;

/**
 * Does work that asks methods for their needs and costs, and does it again whenever an isolate has answered.
 * @param work has no effect until it returns
 */
export async function answered<T>(work: () => T): Promise<T> {
  for (let asked = 0; ; asked++) {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof NotAnswered) || asked >= MAX_QUESTIONS) throw error;
      await error.answer;
    }
  }
}
