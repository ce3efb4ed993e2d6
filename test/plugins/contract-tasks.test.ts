/** The contract of every method on answers that are no classes: boxes, tokens, spans, embeddings, maps. */
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { builtinTasks } from '../../src/tasks/index.ts';
import { bothEngines, checkContract } from '../../src/testing/node.ts';
import { taskSubjects } from '../support/task-subjects.ts';

const methods = plugins.map(({ method }) => method);

/** Refusal of methods that choose between classes, on answers that have none or several numbers. */
const NEEDS_CLASS = /name a single class as target/;
/** Targets that hang on the same token, which the mask of 0 or 1 hides for either. */
const SAME_TOKEN: readonly string[] = ['question_answering', 'next_token', 'fill_mask'];
/** Tasks whose trial models have the layers of another task, for which both engines are compared. */
const SAME_LAYERS: readonly string[] = [
  'oriented_detection',
  'instance_segmentation',
  'pose',
  'fill_mask',
  'image_to_image',
  'values',
];
const DISCRIMINATES = 'another target gives another map, where the method says so';

describe.each(taskSubjects)('methods on $task', ({ task, open }) => {
  const engines = async () => (await bothEngines()).slice(0, SAME_LAYERS.includes(task) ? 1 : 2);

  it.each(methods.map((method) => [method.id, method] as const))('%s keeps its promises', async (_, method) => {
    const verdicts = await checkContract(method, { others: methods, subjects: async () => [await open()], engines });
    const broken = verdicts.filter(({ outcome, problem = '', promise }) => {
      const hidesToken = method.id === 'meaningful_perturbation' && SAME_TOKEN.includes(task);
      return outcome === 'broken' && !NEEDS_CLASS.test(problem) && !(hidesToken && promise === DISCRIMINATES);
    });
    expect(broken).toEqual([]);
  });
});

it('has a trial model for every task whose answers are no classes', () => {
  const elsewhere = ['classification', 'multi_label', 'regression', 'segmentation'];
  const tried = [...taskSubjects.map(({ task }) => task), ...elsewhere];
  expect(builtinTasks.map(({ id }) => id).filter((id) => !tried.includes(id))).toEqual([]);
});
