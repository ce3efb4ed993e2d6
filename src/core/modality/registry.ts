/** The modalities of a program, each loaded when a model asks for it. */
import { WhylightError } from '../errors.ts';
import type { ModalityId } from '../model/description.ts';
import type { Model } from '../model/model.ts';
import type { ModelFiles } from '../model/model-files.ts';
import type { Modality, ModalityContext } from './modality.ts';

/** A modality by its id. Whoever serves images only never loads it. */
export interface ModalityEntry {
  readonly id: ModalityId;
  /** Loads the modality. The promise is never kept: one of another request may not settle in a Worker. */
  load(): Promise<Modality>;
}

/** A model with the files that lie beside it. */
export interface ModelWithFiles {
  readonly model: Model;
  readonly files: ModelFiles;
}

/** A modality with what it may know of the model. */
export interface ModalityInUse {
  readonly modality: Modality;
  readonly context: ModalityContext;
}

/** Modality of the inputs that are explained; `tensor` where they are of several. */
export function modalityOf({ description }: Pick<Model, 'description'>): ModalityId {
  const { inputs } = description;
  const ids = new Set(inputs.filter(({ role }) => role.value === 'explained').map(({ modality }) => modality.value));
  const [id] = ids;
  return id !== undefined && ids.size === 1 ? id : 'tensor';
}

/**
 * @example
 * const modalities = new ModalityRegistry([{ id: 'text', load: async () => text }]);
 * const { modality, context } = await modalities.use({ model, files });
 */
export class ModalityRegistry {
  private readonly entries: ReadonlyMap<ModalityId, ModalityEntry>;

  /** @param entries images are no part of them; the first of equal ids counts */
  constructor(entries: readonly ModalityEntry[]) {
    this.entries = new Map(entries.toReversed().map((entry) => [entry.id, entry]));
  }

  /** Ids of the modalities beside images. */
  get ids(): readonly ModalityId[] {
    return [...this.entries.keys()].toReversed();
  }

  has(id: ModalityId): boolean {
    return this.entries.has(id);
  }

  /**
   * Loads a modality for a model.
   * @param id the model's own modality when left out
   * @throws WhylightError `unprocessable_method` for a modality that is not configured
   */
  async use({ model, files }: ModelWithFiles, id: ModalityId = modalityOf(model)): Promise<ModalityInUse> {
    const entry = this.entries.get(id);
    if (!entry) {
      const known = ['image', ...this.ids].join(', ');
      throw new WhylightError(
        'unprocessable_method',
        `The modality "${id}" is not configured here: there is ${known}. Add it to "modalities" in plugins.config.json, or send tensors.`,
        { modality: id, modalities: ['image', ...this.ids] },
      );
    }
    const { description, manifest } = model;
    const own = description.inputs.filter(({ modality }) => modality.value === id);
    return {
      modality: await entry.load(),
      context: {
        description,
        inputs: id === 'tensor' ? description.inputs : own,
        files,
        ...(manifest.modalities?.[id] && { settings: manifest.modalities[id] }),
      },
    };
  }
}
