/** Models that are restored from a description that is kept beside their files. */
import { type DescribedFacts, describedModel } from '../model/described-model.ts';
import type { Model } from '../model/model.ts';
import type { ModelSource } from '../model/model-source.ts';
import { type RowWork, rememberWork } from '../plan/known-work.ts';
import { readKnown } from '../plan/lazy-reader.ts';

/** Description of a model as plain data, with the work of one row. */
export interface KeptDescription {
  readonly facts: DescribedFacts;
  readonly row: RowWork;
}

/**
 * Restores a model from its description; its file is parsed where a request needs the nodes. Until `loadReader` has
 * returned, such a question throws NotAnswered: see `answered`.
 */
export function restoreModel({ facts, row }: KeptDescription, source: ModelSource): Model {
  const model = describedModel(facts, filesOf(source), () => readKnown(source, facts.digest));
  rememberWork(model, row);
  return model;
}

/** Lists the files that constants lie in: the ONNX file, then its external data. */
export const filesOf = ({ bytes, external }: Pick<ModelSource, 'bytes' | 'external'>): readonly Uint8Array[] => [
  bytes,
  ...(external?.values() ?? []),
];
