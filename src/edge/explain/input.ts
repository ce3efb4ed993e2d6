/** Input of an explanation: an image, preprocessed as the model's manifest says, tensors, or data of a modality. */
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import type { PlacedImage, PlacedSize } from '../../core/image/placement.ts';
import { mayNameTensors, nameTensors } from '../../core/modality/name-tensors.ts';
import { type PreparedRows, rowsInFile, selectPrepared } from '../../core/modality/prepare.ts';
import type { ModalityRegistry } from '../../core/modality/registry.ts';
import type { Model } from '../../core/model/model.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import type { DataType } from '../../core/tensor/tensor.ts';
import { datatypeOf } from '../../protocol/open-inference.ts';
import type { ServedModel } from '../models/served-model.ts';
import type { Services } from '../services.ts';
import type { Body } from './body.ts';
import { dataInput } from './data-input.ts';
import { type ImageInputOptions, imageInput } from './image-input.ts';

export interface ExplainInput {
  /** Makes a digest of the content, without decoding it. */
  digest(): Promise<string>;
  /** Tensors by input name, [rows, ...]. */
  inputs(): Promise<Inputs>;
  /** Size of the upright original image and the region of it that the model sees; undefined for tensors. */
  seen(): Promise<PlacedSize | undefined>;
  /** The same with the image, to draw over. */
  image(): Promise<PlacedImage | undefined>;
  /** Rows that a modality prepared or named; undefined for images, and for tensors of models without a modality. */
  prepared(): Promise<PreparedRows | undefined>;
}

/** Parts of the server that inputs are made with. */
export type InputServices = Pick<Services, 'codecs' | 'decodeMemory' | 'modalities'>;

/**
 * Makes the input of a request.
 * @param maxPixels maximum number of pixels of an image, as its header declares them
 * @param options for an image that will be drawn over
 * @throws WhylightError `unsupported_media_type` for an image where the model takes none.
 */
export function inputOf(
  body: Body,
  served: Pick<ServedModel, 'model' | 'files'>,
  { codecs, decodeMemory, modalities }: InputServices,
  maxPixels: number,
  { drawn }: Pick<ImageInputOptions, 'drawn'> = {},
): ExplainInput {
  if (body.kind === 'data') return dataInput(body, served, modalities);
  if (body.kind !== 'image') return tensorInput(body.request.inputs, served, modalities);
  const maxBytes = decodeMemory && ((needed: number) => decodeMemory(served.model, needed));
  return imageInput(body.bytes, served.model, codecs, { maxPixels, maxBytes, ...(drawn !== undefined && { drawn }) });
}

/** Some rows of the input of a request, in this order. */
export const selectRowsOf = (input: ExplainInput, model: Model, rows: readonly number[]): ExplainInput => ({
  digest: async () => `rows ${rows.join()} of ${await input.digest()}`,
  inputs: async () => rowsInFile(model, await input.inputs(), rows),
  // An image is a single row.
  seen: () => input.seen(),
  image: () => input.image(),
  prepared: async () => {
    const prepared = await input.prepared();
    return prepared && selectPrepared(model, prepared, rows);
  },
});

function tensorInput(
  tensors: ReadonlyMap<string, Inputs[string]>,
  served: Pick<ServedModel, 'model' | 'files'>,
  modalities: ModalityRegistry,
): ExplainInput {
  const inputs = Object.fromEntries([...tensors].sort(([a], [b]) => (a < b ? -1 : 1)));
  let prepared: Promise<PreparedRows | undefined> | undefined;
  return {
    digest: () => digestOf(inputs),
    async inputs() {
      for (const [name, { dtype }] of Object.entries(inputs)) checkHalf(name, dtype, served.model);
      return inputs;
    },
    seen: async () => undefined,
    image: async () => undefined,
    prepared: () => (prepared ??= namedRows(inputs, served, modalities)),
  };
}

/** Tensors with the names that the modality of the model gives to their parts; undefined where it has none. */
async function namedRows(
  inputs: Inputs,
  served: Pick<ServedModel, 'model' | 'files'>,
  modalities: ModalityRegistry,
): Promise<PreparedRows | undefined> {
  if (!modalities.has('tensor') || !mayNameTensors(served, modalities)) return undefined;
  const rows = {
    ...{ use: await modalities.use(served, 'tensor'), inputs, features: [], views: [], notices: [] },
    baselines: async () => ({}),
    background: async () => undefined,
  };
  return nameTensors<PreparedRows>(rows, served, modalities);
}

/** Makes the digest of tensors: of their names, element types, shapes and bytes. */
export async function digestOf(inputs: Inputs): Promise<string> {
  const parts = Object.entries(inputs).map(async ([name, { dtype, dims, data }]) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return JSON.stringify([name, dtype, dims, await sha256Hex(bytes)]);
  });
  return `tensors:${(await Promise.all(parts)).join()}`;
}

/**
 * Refuses half floats for an input of another type: the metadata of the model name its type, and the other types are
 * checked with the tensor.
 * @throws WhylightError `invalid_tensor`
 */
function checkHalf(name: string, given: DataType, model: Model): void {
  const expected = model.file.inputs.find((input) => input.name === name)?.dtype;
  if (expected === undefined || expected === given || !given.endsWith('float16')) return;
  const [wanted, sent] = [datatypeOf(expected), datatypeOf(given)];
  throw new WhylightError('invalid_tensor', `The input "${name}" has the datatype ${wanted}, but ${sent} was sent.`, {
    input: name,
    expected,
    given,
  });
}
