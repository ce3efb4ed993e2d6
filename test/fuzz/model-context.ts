/** Context that a modality gets of a model of this repository. */
import type { ModalityContext } from '../../src/core/modality/modality.ts';
import { Model } from '../../src/core/model/model.ts';
import { NO_FILES } from '../../src/edge/models/served-model.ts';
import { allModalities } from '../../src/library/modalities.ts';
import { openFolder } from '../../src/node/model-folders.ts';

/** @param folder of the model */
export async function modelContext(folder: string, modality: string): Promise<ModalityContext> {
  const source = await openFolder(folder, folder);
  const model = await Model.read(source);
  return (await allModalities().use({ model, files: source.files ?? NO_FILES }, modality)).context;
}
