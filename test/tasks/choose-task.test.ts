import { describe, expect, it } from 'vitest';
import { float32 } from '../../src/core/tensor/tensor.ts';
import { chooseTask } from '../../src/tasks/choose-task.ts';
import { builtinTasks } from '../../src/tasks/index.ts';
import { described, input } from './support.ts';

const description = described([input([1, 3, 8, 8])], { y: float32([1, 10]) }, { classAxis: 1 });

describe('chooseTask', () => {
  it('chooses the task with the most evidence', () => {
    expect(chooseTask(builtinTasks, description).id).toBe('classification');
  });

  it('chooses the requested task', () => {
    expect(chooseTask(builtinTasks, description, {}, 'multi_label').id).toBe('multi_label');
  });

  it('refuses an unknown task and suggests the nearest', () => {
    expect(() => chooseTask(builtinTasks, description, {}, 'object-detection')).toThrow(
      'Did you mean object_detection',
    );
  });
});
