/** Kinds of input that a model explains, and methods that are made for others. */
import { WhylightError } from '../errors.ts';
import type { Method, MethodSource, Modality } from '../method/contract.ts';
import { modalityOf } from '../modality/registry.ts';
import type { TensorInfo } from '../model/info.ts';
import type { BoundInfo, Model } from '../model/model.ts';

/** Kind of input of each modality that comes with whylight; those of third parties follow from the shapes. */
const KINDS: Readonly<Record<string, Modality>> = {
  image: 'image',
  text: 'tokens',
  tabular: 'vector',
  series: 'series',
  audio: 'series',
};

const PHRASES: Readonly<Record<Modality, string>> = {
  image: 'images',
  vector: 'vectors',
  series: 'series',
  tokens: 'tokens',
};

/**
 * Collects the kinds of input that a model explains, as `about.modalities` of a method names them: those of its
 * modality, and those that the shapes of its explained inputs have. There may be several: a spectrogram is a series and has
 * the shape of an image.
 */
export function kindsOf(model: Model, info: Pick<BoundInfo, 'inputs' | 'sources'>): ReadonlySet<Modality> {
  const kinds = new Set(info.inputs.map((input) => kindOfShape(input, info)));
  const own = KINDS[modalityOf(model)];
  return own ? kinds.add(own) : kinds;
}

/** Kind of an input by its form: channels and space, channels and steps, ids that are looked up, or numbers. */
function kindOfShape({ name, dims, channelAxis }: TensorInfo, { sources }: Pick<BoundInfo, 'sources'>): Modality {
  if (channelAxis !== undefined) return dims.length > 2 ? 'image' : 'series';
  return sources.some((source) => source.input === name && source.name !== name) ? 'tokens' : 'vector';
}

/**
 * Checks that a method is made for one of the inputs that the model explains.
 * @throws WhylightError `unprocessable_method` where `about.modalities` names none of their kinds
 */
export function checkModality({ id, about }: Method, model: Model, info: BoundInfo): void {
  const kinds = kindsOf(model, info);
  if (kinds.size === 0 || about.modalities.some((modality) => kinds.has(modality))) return;
  const phrases = (modalities: Iterable<Modality>): string =>
    Array.from(modalities, (modality) => PHRASES[modality]).join(', ');
  throw new WhylightError(
    'unprocessable_method',
    `${id} explains ${phrases(about.modalities)}, but the model takes ${phrases(kinds)}: choose another method.`,
    { method: id, modalities: about.modalities, found: [...kinds] },
  );
}

/** Source of the methods that a wrapper is made of: one that is made for other kinds of input is refused as by itself. */
export const methodsFor = (methods: MethodSource, model: Model, info: BoundInfo): MethodSource => ({
  bind(id, params) {
    const bound = methods.bind(id, params);
    checkModality(bound.method, model, info);
    return bound;
  },
});
