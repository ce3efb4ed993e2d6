/** One row that a command explains: its tensors, and what its modality knows of it. */

import type { PlacedImage } from '../core/image/placement.ts';
import type { Features, Prepared } from '../core/modality/modality.ts';
import { rowInFile } from '../core/modality/prepare.ts';
import type { ModalityInUse } from '../core/modality/registry.ts';
import type { Model } from '../core/model/model.ts';
import type { Inputs } from '../core/tensor/rows.ts';

export interface Subject {
  /** File that it comes from, with the row where there are several. */
  readonly name: string;
  /** One row of each input, in the file's own axes. */
  readonly inputs: Inputs;
  /** The image, where it is one. */
  readonly image?: PlacedImage;
  /** Row that any other modality prepared from it. */
  readonly prepared?: PreparedRow;
}

export interface PreparedRow {
  readonly use: ModalityInUse;
  readonly features: Features;
  readonly view: unknown;
  /** Sentences for the user: that a text was cut. */
  readonly notices: readonly string[];
  /** The explained inputs with every feature absent. */
  baselines(): Promise<Inputs>;
  /** Typical rows of the model; undefined where it has none. */
  background(): Promise<Inputs | undefined>;
}

/** A subject for each row of what a modality prepared. */
export function subjectsOf(model: Model, use: ModalityInUse, prepared: Prepared, name: string): Subject[] {
  const { modality, context } = use;
  const count = prepared.features.length;
  const explained = new Set(
    model.description.inputs.filter(({ role }) => role.value === 'explained').map((input) => input.name),
  );
  return prepared.features.map((features, row) => ({
    name: count > 1 ? `${name}, row ${row + 1}` : name,
    inputs: count > 1 ? rowInFile(model, prepared.inputs, row) : prepared.inputs,
    prepared: {
      use,
      features,
      view: prepared.views[row],
      notices: row === 0 ? prepared.notices : [],
      background: async () => modality.background?.(context),
      async baselines() {
        const absent = await modality.absent(prepared, row, context);
        return Object.fromEntries(Object.entries(absent).filter(([input]) => explained.has(input)));
      },
    },
  }));
}
