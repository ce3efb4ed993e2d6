import { describe, expect, it } from 'vitest';
import { TaskRegistry } from '../../../src/core/task/registry.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { builtinTasks } from '../../../src/tasks/index.ts';
import { described, input } from '../../tasks/support.ts';

const description = described([input([1, 3, 8, 8])], { y: float32([1, 10]) }, { classAxis: 1 });

const tasks = new TaskRegistry(builtinTasks);

describe('TaskRegistry', () => {
  it('chooses the task with the most evidence', () => {
    expect(tasks.choose(description).id).toBe('classification');
  });

  it('chooses the requested task', () => {
    expect(tasks.choose(description, {}, 'multi_label').id).toBe('multi_label');
  });

  it('refuses an unknown task and suggests the nearest', () => {
    expect(() => tasks.choose(description, {}, 'object-detection')).toThrow('Did you mean object_detection');
  });

  it('knows the ids of its own tasks beside the well-known ones', () => {
    const own = new TaskRegistry([{ ...builtinTasks[0], id: 'counting' } as never]);
    expect(() => own.checkId('counting')).not.toThrow();
    expect(() => own.checkId('classification')).not.toThrow();
    expect(() => own.checkId('countin')).toThrow('There is no task "countin". Did you mean counting');
  });

  it('refuses two tasks with the same id', () => {
    const [task] = builtinTasks;
    expect(() => new TaskRegistry([task, task] as never)).toThrow('Two tasks have the id');
  });

  it('refuses a task that breaks the contract and lists what is wrong', () => {
    expect(() => new TaskRegistry([{ apiVersion: 1, id: 'Counting' } as never])).toThrow(
      'The task "Counting" breaks the contract: id must be snake_case',
    );
  });
});
