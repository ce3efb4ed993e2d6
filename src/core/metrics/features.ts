/** Features that an attribution ranks, and their removal from an input: pixels of an image, words, or elements. */

import type { ExplainedRow } from '../explainer/explanation.ts';
import { imageInput } from '../model/info.ts';
import type { BoundInfo } from '../model/model.ts';
import { copiesOf, type Inputs, rowsOf } from '../tensor/rows.ts';
import { sizeOf, type Tensor } from '../tensor/tensor.ts';
import { type Pieces, piecesOf } from './pieces.ts';

/** A run of elements of one input that make a feature: `count` of them, `stride` apart. */
interface Part {
  readonly input: string;
  /** Features of this part. */
  readonly features: number;
  /** Element where feature 0 starts, and how far the next one is. */
  readonly step: number;
  readonly count: number;
  readonly stride: number;
}

/** Unit that is ranked and removed. */
export type Unit = 'pixel' | 'element';

/** True if the pieces of a modality are the features: words always, windows of a signal unless elements are asked for. */
export const takesPieces = ({ features, inputs }: Pick<BoundInfo, 'features' | 'inputs'>, unit: Unit): boolean =>
  features !== undefined && (unit === 'pixel' || !inputs.some(({ dtype }) => dtype === 'float32'));

/** An element of an input. */
type Place = readonly [input: string, element: number];

const pixelsOf = (
  image: { readonly name: string; readonly channelAxis: number },
  { dims }: Tensor,
  [height, width]: readonly [number, number],
): Part => {
  const channels = dims[image.channelAxis + 1] as number;
  const last = image.channelAxis === 2;
  return {
    input: image.name,
    features: height * width,
    step: last ? channels : 1,
    count: channels,
    stride: last ? 1 : height * width,
  };
};

function placesOf({ count, mask }: Pieces): readonly (readonly Place[])[] {
  const places = Array.from({ length: count }, (): Place[] => []);
  for (const [input, ids] of Object.entries(mask)) {
    for (const [element, piece] of ids.entries()) places[piece]?.push([input, element]);
  }
  return places;
}

export class Features {
  /** One for each feature. */
  readonly importance: Float32Array;
  /** [height, width] where features are pixels. */
  readonly grid?: readonly [number, number];
  private readonly parts: readonly Part[] = [];
  /** Inputs and elements of each feature, where it is a piece: a word, a column, a window. */
  private readonly pieces?: readonly (readonly Place[])[];

  /**
   * @param unit `element` takes an element of an image input where it has a value of its own, `pixel` all its channels
   * @throws WhylightError `unprocessable_method` when the attribution is of a layer that has no place in the input.
   */
  constructor(info: BoundInfo, row: ExplainedRow, inputs: Inputs, unit: Unit = 'pixel') {
    const image = imageInput(info);
    const pixels = image && inputs[image.name];
    const hasElements = image && row.values[image.name]?.data.length === pixels?.data.length;
    const ofModality = takesPieces(info, unit);
    if (!ofModality && image && pixels && row.map && !(unit === 'element' && hasElements)) {
      this.grid = row.map.dims as [number, number];
      this.importance = row.map.data;
      this.parts = [pixelsOf(image, pixels, this.grid)];
      return;
    }
    const names = Object.keys(row.values).filter((name) => {
      const input = inputs[name];
      return input?.dtype === 'float32' && sizeOf(input.dims) === row.values[name]?.data.length;
    });
    if (ofModality || names.length === 0) {
      const pieces = piecesOf({ info, inputs, row });
      this.pieces = placesOf(pieces);
      this.importance = Float32Array.from(pieces.importance);
      return;
    }
    this.parts = names.map((input) => ({
      input,
      features: sizeOf((inputs[input] as Tensor).dims),
      step: 1,
      count: 1,
      stride: 0,
    }));
    this.importance = Float32Array.from(names.flatMap((name) => [...(row.values[name]?.data ?? [])]));
  }

  get count(): number {
    return this.importance.length;
  }

  /** Names of the inputs that have features. */
  get inputs(): readonly string[] {
    if (this.pieces) return [...new Set(this.pieces.flat().map(([input]) => input))];
    return this.parts.map(({ input }) => input);
  }

  /** The features, most important first; equal ones in their order. */
  ranked(): Uint32Array {
    return Uint32Array.from({ length: this.count }, (_, i) => i).sort(
      (a, b) => (this.importance[b] as number) - (this.importance[a] as number) || a - b,
    );
  }

  /** The features, smallest magnitude first; equal ones in their order. */
  rankedByMagnitude(): Uint32Array {
    const magnitudes = this.importance.map(Math.abs);
    return Uint32Array.from({ length: this.count }, (_, i) => i).sort(
      (a, b) => (magnitudes[a] as number) - (magnitudes[b] as number) || a - b,
    );
  }

  /** `count` copies of the single row, to be changed; inputs without features stay one row. */
  copies(row: Inputs, count: number): Inputs {
    const changed = new Set(this.inputs);
    return Object.fromEntries(
      Object.entries(row).map(([name, one]) => [name, changed.has(name) ? copiesOf(one, count) : one]),
    );
  }

  /** The places of a feature's elements: input, and position in its row. */
  elements(feature: number): Place[] {
    const places: Place[] = [];
    this.eachElement(feature, (input, element) => places.push([input, element]));
    return places;
  }

  /** Visits the places of a feature's elements in their order, without an object for each. */
  eachElement(feature: number, visit: (input: string, element: number, number: number) => void): void {
    if (this.pieces) {
      const places = this.pieces[feature] as readonly Place[];
      for (let i = 0; i < places.length; i++) {
        const [input, element] = places[i] as Place;
        visit(input, element, i);
      }
      return;
    }
    let index = feature;
    for (const { input, features, step, count, stride } of this.parts) {
      if (index < features) {
        for (let i = 0; i < count; i++) visit(input, index * step + i * stride, i);
        return;
      }
      index -= features;
    }
  }

  /** Overwrites features in one row of `rows` with what the single row `from` holds there. */
  replace(rows: Inputs, row: number, from: Inputs, features: ArrayLike<number>): void {
    const copy = (input: string, element: number): void => {
      const target = rows[input] as Tensor;
      const size = target.data.length / rowsOf(target);
      target.data[row * size + element] = (from[input] as Tensor).data[element] as never;
    };
    for (let i = 0; i < features.length; i++) this.eachElement(features[i] as number, copy);
  }
}
