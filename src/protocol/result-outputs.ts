/** Further results of methods as Open Inference Protocol outputs: maps, uncertainty, boxes and text. */
import type { Explained, ExplainedMap } from '../core/explainer/explanation.ts';
import type { Float32Tensors } from '../core/tensor/rows.ts';
import { float32, type Tensor, tensor } from '../core/tensor/tensor.ts';
import type { NamedOutput } from './open-inference.ts';

type Outputs = Record<string, NamedOutput['value'] | undefined>;

/** A row as it is explained; `nothing` where nothing was found. */
type Row = Explained & { readonly nothing?: string };

/**
 * | output            | datatype | shape         |                                                                       |
 * |-------------------|----------|---------------|-----------------------------------------------------------------------|
 * | `maps`            | FP32     | [T, ...input] | further maps of all rows, one after the other                         |
 * | `map_names`       | BYTES    | [T]           | class, layer, head or concept of each map                             |
 * | `map_rows`        | INT64    | [T]           | row that each map belongs to                                          |
 * | `map_scores`      | FP32     | [T]           | number that belongs to each map, where maps have one                  |
 * | `saliency_maps`   | FP32     | [T, h, w]     | the maps over the image, at their own resolution                      |
 * | `map_features`    | FP32     | [T, F]        | value of each feature in each map, for data of a modality             |
 * | `uncertainty`     | FP32     | [N, ...input] | standard error of each value; `uncertainty.<name>` for several tensors |
 * | `uncertainty_map` | FP32     | [N, H, W]     | the same over the image                                               |
 * | `boxes`           | BYTES    | [N]           | JSON of a list: name, box [left, top, right, bottom], score           |
 * | `text`            | BYTES    | [N]           | sentences of the method: a rule                                       |
 */
export function resultOutputs(rows: readonly Row[]): Outputs {
  const count = rows.length;
  return {
    ...mapOutputs(rows),
    ...(rows.some(({ uncertainty }) => uncertainty) && {
      ...byTensor('uncertainty', rows, ({ uncertainty }) => uncertainty?.values ?? {}),
      uncertainty_map: stackMaps(rows, ({ uncertainty }) => uncertainty?.map),
    }),
    ...(rows.some(({ boxes }) => boxes) && {
      boxes: { dims: [count], texts: rows.map(({ boxes = [] }) => JSON.stringify(boxes)) },
    }),
    ...(rows.some(({ text }) => text !== undefined) && {
      text: { dims: [count], texts: rows.map(({ text = '' }) => text) },
    }),
  };
}

function mapOutputs(rows: readonly Row[]): Outputs {
  const all = rows.flatMap(({ maps = [] }, row) => maps.map((map) => ({ ...map, row })));
  const count = all.length;
  if (count === 0) return {};
  const each = (pick: (map: ExplainedMap) => Tensor<'float32'> | undefined): Tensor<'float32'> | undefined =>
    stack(all.map(pick));
  return {
    maps: each(({ values }) => Object.values(values)[0]),
    map_names: { dims: [count], texts: all.map(({ name }) => name) },
    map_rows: tensor(
      'int64',
      [count],
      all.map(({ row }) => row),
    ),
    map_scores: each(({ score }) => (score === undefined ? undefined : float32([1], [score]))),
    saliency_maps: each(({ map }) => map && float32([1, ...map.dims], map.data)),
    map_features: each(({ features }) => features && float32([1, features.length], features)),
  };
}

/** Tensors of all rows, each under its name where there are several. */
export function byTensor(output: string, rows: readonly Row[], pick: (row: Row) => Float32Tensors): Outputs {
  const names = [...new Set(rows.flatMap((row) => Object.keys(pick(row))))];
  return Object.fromEntries(
    names.map((name) => [
      names.length === 1 ? output : `${output}.${name}`,
      stack(rows.map((row) => (row.nothing === undefined ? pick(row)[name] : 'nothing'))),
    ]),
  );
}

/** Maps [height, width] of all rows, [N, height, width]. */
export const stackMaps = (
  rows: readonly Row[],
  pick: (row: Row) => Tensor<'float32'> | undefined,
): Tensor<'float32'> | undefined =>
  stack(
    rows.map((row) => {
      const map = pick(row);
      return row.nothing === undefined ? map && float32([1, ...map.dims], map.data) : 'nothing';
    }),
  );

/** Rows of extent 1, one after the other, zeros where nothing was found; undefined when a row lacks the tensor. */
function stack(rows: readonly (Tensor<'float32'> | 'nothing' | undefined)[]): Tensor<'float32'> | undefined {
  const first = rows.find((row) => row !== 'nothing');
  if (!first || rows.some((row) => !row)) return undefined;
  const out = float32([rows.length, ...first.dims.slice(1)]);
  for (const [i, row] of rows.entries()) {
    if (row && row !== 'nothing') out.data.set(row.data, i * first.data.length);
  }
  return out;
}
