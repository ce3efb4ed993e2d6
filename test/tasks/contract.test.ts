import { describe, expect, it } from 'vitest';
import { onnxruntimeNode } from '../../src/node/onnxruntime-node.ts';
import { builtinTasks } from '../../src/tasks/index.ts';
import { testTask } from '../../src/testing/task-contract.ts';
import { CASES } from './cases.ts';

for (const task of builtinTasks) {
  testTask(task, CASES[task.id] ?? [], async () => onnxruntimeNode(), { describe, it });
}

describe('recognition of tasks', () => {
  it('has cases for every task', () => {
    expect(builtinTasks.filter(({ id }) => (CASES[id] ?? []).length === 0).map(({ id }) => id)).toEqual([]);
  });

  it.each(Object.entries(CASES).flatMap(([id, cases]) => cases.map((example) => [id, example.name, example] as const)))(
    'takes no other task for %s (%s)',
    (id, _, { context: { description, metadata } }) => {
      const ranked = builtinTasks
        .map((task) => ({ id: task.id, evidence: task.recognise(description, metadata) }))
        .sort((a, b) => b.evidence - a.evidence);
      expect(ranked[0]?.id).toBe(id);
    },
  );
});
