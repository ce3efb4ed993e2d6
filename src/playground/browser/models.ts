/** Models of the worker, opened from files in memory. */
import { WhylightError } from '../../core/errors.ts';
import { TaskRegistry } from '../../core/task/registry.ts';
import { modelFromFiles } from '../../library/model-from-files.ts';
import { type OpenedModel, readOpened } from '../../library/opened-model.ts';
import { usualPreprocessing } from '../../library/usual-preprocessing.ts';
import { methodMetadata, suitability } from '../../protocol/method-metadata.ts';
import { modelMetadata } from '../../protocol/model-metadata.ts';
import { builtinTasks } from '../../tasks/index.ts';
import type { MethodInfo, ModelInfo } from '../api.ts';
import { explainer } from './machine.ts';
import type { Edits, Understood, WorkerModel } from './messages.ts';

interface Opened extends OpenedModel {
  readonly file: string;
}

const files = new Map<string, ReadonlyMap<string, Uint8Array>>();
const opened = new Map<string, Promise<Opened>>();
const { forms } = new TaskRegistry(builtinTasks);

/** Opens a model, or returns the one that is open with the same edits. */
export function open({ key, edits, files: given }: WorkerModel): Promise<Opened> {
  if (given) files.set(key, given);
  const name = JSON.stringify([key, edits]);
  const known = opened.get(name);
  if (known) return known;
  const content = files.get(key);
  if (!content) throw new WhylightError('internal', 'The worker was not given the files of the model.');
  const reading = read(content, edits);
  opened.set(name, reading);
  reading.catch(() => opened.delete(name));
  return reading;
}

async function read(content: ReadonlyMap<string, Uint8Array>, { task, labels, preprocessing }: Edits): Promise<Opened> {
  const found = await modelFromFiles(content);
  const model = await readOpened({
    ...found,
    forms,
    manifest: { ...found.manifest, ...(task !== undefined && { task }) },
    flagged: [...(task === undefined ? [] : (['task'] as const)), ...(labels ? (['labels'] as const) : [])],
    ...(labels && { labels }),
    ...(preprocessing && { preprocessing }),
  });
  return { ...model, file: found.file };
}

/** Describes a model as the server would, and says which preprocessing is usual where none is stated. */
export function understand({ model, file, notices }: Opened): Understood {
  const usual = model.preprocessing ? undefined : usualPreprocessing(model);
  return {
    info: plain({ ...modelMetadata(model), downloadable: true }) as ModelInfo,
    file,
    notices,
    ...(usual && { usual: { reason: usual.reason, preprocessing: usual.preprocessing } }),
  };
}

/** Describes every method, with its cost on the model or the reason why it does not apply. */
export const methodsFor = ({ model }: Opened): MethodInfo[] =>
  explainer.methods.entries.map(
    (entry) =>
      plain({
        ...methodMetadata(entry),
        enabled: true,
        ...suitability(explainer.methods, entry, model),
      }) as MethodInfo,
  );

/** Content as JSON has it: messages take no functions. */
const plain = (value: object): unknown => JSON.parse(JSON.stringify(value));
