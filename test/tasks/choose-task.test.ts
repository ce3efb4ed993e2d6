import { describe, expect, it } from 'vitest';
import { float32 } from '../../src/core/tensor/tensor.ts';
import { chooseTask } from '../../src/tasks/choose-task.ts';
import { builtinTasks } from '../../src/tasks/index.ts';
import { described, input } from './support.ts';

const description = described([input([1, 3, 8, 8])], { y: float32([1, 10]) }, { classAxis: 1 });

describe('chooseTask', () => {
  it('takes the task with the most evidence', () => {
    expect(chooseTask(builtinTasks, description).id).toBe('classification');
  });

  it('takes the task that is asked for', () => {
    expect(chooseTask(builtinTasks, description, {}, 'multi_label').id).toBe('multi_label');
  });

  it('refuses a task that does not exist, with those that are like it', () => {
    expect(() => chooseTask(builtinTasks, description, {}, 'object-detection')).toThrow(
      'Did you mean object_detection',
    );
  });
});
