/** What is to be explained: a picture, made a tensor as the model's manifest says, or the tensors themselves. */
import { sha256Hex } from '../../core/digest.ts';
import { WhylightError } from '../../core/errors.ts';
import type { ImageCodecs } from '../../core/image/codecs.ts';
import type { PlacedImage } from '../../core/image/placement.ts';
import { preprocess } from '../../core/image/preprocess.ts';
import type { Model } from '../../core/model/model.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import type { Body } from './body.ts';

export interface Subject {
  /** Names the content, without decoding it. */
  digest(): Promise<string>;
  inputs(): Promise<Inputs>;
  /** The upright original and the part of it that the model sees; undefined for tensors. */
  photo(): Promise<PlacedImage | undefined>;
}

/**
 * @param maxPixels of a picture, as its header says
 * @throws WhylightError `unsupported_media_type` for a picture where the model takes none.
 */
export function subjectOf(body: Body, model: Model, codecs: ImageCodecs, maxPixels: number): Subject {
  return body.kind === 'picture'
    ? pictureSubject(body.bytes, model, codecs, maxPixels)
    : tensorSubject(body.request.inputs);
}

function pictureSubject(bytes: Uint8Array, model: Model, codecs: ImageCodecs, maxPixels: number): Subject {
  const { preprocessing } = model.manifest;
  const input = model.graph.inputs[0]?.name;
  if (!preprocessing || input === undefined || model.graph.inputs.length !== 1) {
    throw new WhylightError(
      'unsupported_media_type',
      `The model ${model.name} does not say how a picture becomes its input. Send tensors, as application/json.`,
      { inputs: model.graph.inputs.map(({ name }) => name) },
    );
  }
  // Decoded at most once, and only when a step needs it: a repeated question with a JSON answer does not.
  let decoded: Promise<PlacedImage & { inputs: Inputs }> | undefined;
  const decode = async () => {
    const image = await codecs.decode(bytes, maxPixels);
    const { tensor, placement } = preprocess(image, preprocessing);
    return { image, placement, inputs: { [input]: tensor } };
  };
  const once = () => (decoded ??= decode());
  return {
    digest: async () => `picture:${await sha256Hex(bytes)}`,
    inputs: async () => (await once()).inputs,
    photo: once,
  };
}

function tensorSubject(tensors: ReadonlyMap<string, Inputs[string]>): Subject {
  const entries = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    async digest() {
      const parts = entries.map(async ([name, { dtype, dims, data }]) => {
        const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        return JSON.stringify([name, dtype, dims, await sha256Hex(bytes)]);
      });
      return `tensors:${(await Promise.all(parts)).join()}`;
    },
    inputs: async () => Object.fromEntries(entries),
    photo: async () => undefined,
  };
}
