/** Triton's classification extension: the best classes of an output as texts. */

import { cast } from '../core/tensor/cast.ts';
import { rowsOf, sliceRows } from '../core/tensor/rows.ts';
import type { Tensor } from '../core/tensor/tensor.ts';
import type { TextTensor } from './open-inference.ts';

/**
 * @param value scores [N, ...]
 * @param count number of classes; all where there are fewer
 * @param labelOf name of the class at an element of a row
 * @returns [N, count] of `score:index` or `score:index:label`, best first
 * @see https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_classification.md
 * @example
 * bestClasses(float32([1, 2], [0.2, 0.8]), 1).texts; // ['0.800000:1']
 */
export function bestClasses(
  value: Tensor,
  count: number,
  labelOf: (element: number) => string | undefined = () => undefined,
): TextTensor {
  const scores = cast(value, 'float32');
  const rows = rowsOf(scores);
  const kept = Math.min(count, scores.data.length / Math.max(rows, 1));
  const texts = Array.from({ length: rows }, (_, row) => {
    const { data } = sliceRows(scores, row, row + 1);
    const order = [...data.keys()].sort((a, b) => (data[b] as number) - (data[a] as number) || a - b);
    return order.slice(0, kept).map((element) => {
      const label = labelOf(element);
      const score = (data[element] as number).toFixed(6);
      return label === undefined ? `${score}:${element}` : `${score}:${element}:${label}`;
    });
  });
  return { dims: [rows, kept], texts: texts.flat() };
}
