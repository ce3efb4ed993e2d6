/** The contract of every method on answers that are no classes: boxes, tokens, spans, embeddings, maps. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { checkContract } from '../../src/testing/node.ts';
import { taskSubjects } from '../support/task-subjects.ts';

const methods = plugins.map(({ method }) => method);

/** Refusal of methods that choose between classes, on answers that have none or several numbers. */
const NEEDS_CLASS = /name a single class as target/;
/** Targets that hang on the same token, which the mask of 0 or 1 hides for either. */
const SAME_TOKEN: readonly string[] = ['question_answering', 'next_token'];
const DISCRIMINATES = 'another target gives another map, where the method says so';

describe.each(taskSubjects)('methods on $task', ({ task, open }) => {
  it.each(methods.map((method) => [method.id, method] as const))('%s keeps its promises', async (_, method) => {
    const verdicts = await checkContract(method, { others: methods, subjects: async () => [await open()] });
    const broken = verdicts.filter(({ outcome, problem = '', promise }) => {
      const hidesToken = method.id === 'meaningful_perturbation' && SAME_TOKEN.includes(task);
      return outcome === 'broken' && !NEEDS_CLASS.test(problem) && !(hidesToken && promise === DISCRIMINATES);
    });
    expect(broken).toEqual([]);
  });
});
