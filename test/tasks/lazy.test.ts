import { describe, expect, it } from 'vitest';
import { NotAnswered } from '../../src/core/method/answered.ts';
import { builtinTasks } from '../../src/tasks/index.ts';
import { builtinTasks as lazyTasks } from '../../src/tasks/lazy.ts';

describe('the tasks of a Worker', () => {
  it('are those of other servers, in the same order', () => {
    const facts = ({ id, about, hasPlaces, hasKeypoints }: (typeof builtinTasks)[number]) => ({
      ...{ id, about, hasPlaces, hasKeypoints },
    });
    expect(lazyTasks.map(facts)).toEqual(builtinTasks.map(facts));
  });

  it('that find boxes ask to wait for their code before they read', () => {
    const detection = lazyTasks.find(({ id }) => id === 'object_detection');
    expect(() => detection?.read({}, {} as never)).toThrow(NotAnswered);
  });
});
