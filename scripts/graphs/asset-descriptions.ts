/** Descriptions of models among the static assets, so that isolates need not read the files of shipped models. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TaskRegistry } from '../../src/core/task/registry.ts';
import type { Task } from '../../src/core/task/task.ts';
import { DESCRIPTION_FILE } from '../../src/edge/models/assets.ts';
import { describeFolder, packDescription } from '../../src/edge/models/description.ts';
import { readIn } from '../../src/node/model-folders.ts';
import { seal } from '../../src/protocol/sealed.ts';

/**
 * Writes the description of a model beside it. Models that need their file in most requests have none.
 * @param folder of the model among the assets, as it is deployed
 * @throws WhylightError `invalid_config`, `invalid_model`
 */
export async function writeDescription(
  folder: string,
  { tasks, reader }: { readonly tasks: readonly Task[]; readonly reader: string },
): Promise<void> {
  const { forms } = new TaskRegistry(tasks);
  const described = await describeFolder((path) => readIn(folder, path), folder, reader, forms);
  if (!described) return;
  await writeFile(join(folder, DESCRIPTION_FILE), await seal(DESCRIPTION_FILE, packDescription(described)));
}
