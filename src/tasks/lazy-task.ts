/** Tasks whose reading of outputs is loaded when an answer is first read. */
import { NotAnswered } from '../core/method/answered.ts';
import type { Task, TaskReader, TaskRecogniser } from '../core/task/task.ts';

/**
 * Makes a task whose `read` and `target` throw `NotAnswered` until they are loaded.
 * @param load imports the reader; the promise is never kept, since one of another request may not settle in a Worker
 */
export function lazyTask(recogniser: TaskRecogniser, load: () => Promise<TaskReader>): Task {
  let reader: TaskReader | undefined;
  const loaded = (): TaskReader => {
    if (reader) return reader;
    throw new NotAnswered(`The task ${recogniser.id}`, async () => {
      reader = await load();
    });
  };
  return {
    ...recogniser,
    read: (outputs, context) => loaded().read(outputs, context),
    target: (choice, outputs, context) => loaded().target(choice, outputs, context),
  };
}
