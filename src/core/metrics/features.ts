/** Features that an attribution ranks, and their removal from an input: pixels of an image, or elements. */

import { WhylightError } from '../errors.ts';
import type { ExplainedRow } from '../explainer/explanation.ts';
import { imageInput } from '../model/info.ts';
import type { BoundInfo } from '../model/model.ts';
import type { Inputs } from '../tensor/rows.ts';
import { emptyRows, rowsOf } from '../tensor/rows.ts';
import { sizeOf, type Tensor } from '../tensor/tensor.ts';

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

export class Features {
  /** One for each feature. */
  readonly importance: Float32Array;
  /** [height, width] where features are pixels. */
  readonly grid?: readonly [number, number];
  private readonly parts: readonly Part[];

  /**
   * @param unit `element` takes an element of an image input where it has a value of its own, `pixel` all its channels
   * @throws WhylightError `unprocessable_method` when the attribution is of a layer that has no place in the input.
   */
  constructor(info: BoundInfo, row: ExplainedRow, inputs: Inputs, unit: 'pixel' | 'element' = 'pixel') {
    const image = imageInput(info);
    const pixels = image && inputs[image.name];
    const hasElements = image && row.values[image.name]?.data.length === pixels?.data.length;
    if (image && pixels && row.map && !(unit === 'element' && hasElements)) {
      const [height, width] = row.map.dims as [number, number];
      const channels = pixels.dims[(image.channelAxis as number) + 1] as number;
      const last = image.channelAxis === 2;
      this.grid = [height, width];
      this.importance = row.map.data;
      this.parts = [
        {
          input: image.name,
          features: height * width,
          step: last ? channels : 1,
          count: channels,
          stride: last ? 1 : height * width,
        },
      ];
      return;
    }
    const names = Object.keys(row.values).filter((name) => {
      const input = inputs[name];
      return input?.dtype === 'float32' && sizeOf(input.dims) === row.values[name]?.data.length;
    });
    if (names.length === 0) {
      throw new WhylightError(
        'unprocessable_method',
        'The attribution is of an inner layer that has no place in the input: there is nothing to take away.',
        { layers: Object.keys(row.values) },
      );
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
    return Object.fromEntries(
      Object.entries(row).map(([name, one]) => {
        if (!this.inputs.includes(name)) return [name, one];
        const copies = emptyRows('float32', count, one.dims.slice(1));
        for (let i = 0; i < count; i++) copies.data.set(one.data as Float32Array, i * one.data.length);
        return [name, copies];
      }),
    );
  }

  /** The place of a feature's elements: input, and positions in its row. */
  *elements(feature: number): Generator<readonly [input: string, element: number]> {
    let index = feature;
    for (const { input, features, step, count, stride } of this.parts) {
      if (index < features) {
        for (let i = 0; i < count; i++) yield [input, index * step + i * stride];
        return;
      }
      index -= features;
    }
  }

  /** Overwrites features in one row of `rows` with what the single row `from` holds there. */
  replace(rows: Inputs, row: number, from: Inputs, features: Iterable<number>): void {
    for (const feature of features) {
      for (const [input, element] of this.elements(feature)) {
        const [target, source] = [rows[input] as Tensor, from[input] as Tensor];
        const size = target.data.length / rowsOf(target);
        (target.data as Float32Array)[row * size + element] = (source.data as Float32Array)[element] as number;
      }
    }
  }
}
