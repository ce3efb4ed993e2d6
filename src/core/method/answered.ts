/** Methods that are loaded, or whose `needs` and `cost` are answered elsewhere, later than they are asked for. */
import { WhylightError } from '../errors.ts';

/** Member of methods whose `needs` and `cost` throw {@link NotAnswered}; copies of the method keep it. */
export const ANSWERS_LATER: unique symbol = Symbol('answers later');

/**
 * Thrown by `needs` and `cost` of a method in an isolate of its own, until its answer has come, and by a registry for a
 * method that is not loaded yet; by a compiler and by a task that are not loaded yet, and by a described model whose
 * file is to be read by code that is not.
 */
export class NotAnswered extends WhylightError {
  /** Waits until the same question has an answer: an error of an isolated method is an answer. */
  readonly answer: () => Promise<void>;

  /** @param asked subject of the message, such as `The method rise` */
  constructor(asked: string, answer: () => Promise<void>) {
    super('overloaded', `${asked} has not been loaded or has not answered yet: ask again.`, { asked });
    this.answer = answer;
  }
}

/** Questions that one piece of work may ask, one after the other. */
const MAX_QUESTIONS = 256;

/**
 * Does work that asks for methods, their needs and their costs, or for the nodes of a model, and does it again whenever
 * one was loaded or has answered.
 * @param work has no effect until it returns, or may be repeated from its beginning
 */
export async function answered<T>(work: () => T | Promise<T>): Promise<T> {
  for (let asked = 0; ; asked++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof NotAnswered) || asked >= MAX_QUESTIONS) throw error;
      await error.answer();
    }
  }
}
