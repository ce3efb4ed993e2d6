/** Plain tensors as a modality: for any model whose inputs are of no other kind. */
import { nearest } from '../../core/errors.ts';
import { foldSums } from '../../core/modality/fold.ts';
import type { Modality, ModalityContext, Prepared } from '../../core/modality/modality.ts';
import type { InputFact } from '../../core/model/description.ts';
import { cast } from '../../core/tensor/cast.ts';
import type { Inputs } from '../../core/tensor/rows.ts';
import { type Tensor, tensor } from '../../core/tensor/tensor.ts';
import { invalidArray } from '../arrays/npy-header.ts';
import { drawTableAnsi } from '../tabular/draw-ansi.ts';
import { drawTableHtml } from '../tabular/draw-html.ts';
import { drawWaterfall } from '../tabular/draw-svg.ts';
import { decodeTensors, type NamedTensors, TENSOR_MEDIA_TYPES } from './decode.ts';
import { tensorFeatures } from './features.ts';

/** Names and shapes of the explained inputs of a row. */
export interface TensorView {
  readonly inputs: readonly { readonly name: string; readonly dims: readonly number[] }[];
}

/**
 * Tensors from `.npy`, `.npz`, JSON and raw binary, one for each input. Elements are features, or blocks of the longest
 * axis where there are more than 256. What is absent is zero.
 */
const tensors: Modality<NamedTensors, TensorView> = {
  apiVersion: 1,
  id: 'tensor',
  about: { title: 'Tensors', summary: 'Arrays of numbers, explained element by element or block by block.' },
  accepts: { mediaTypes: TENSOR_MEDIA_TYPES, extensions: ['npy', 'npz', 'json', 'bin'] },
  // Fits everything a little: whatever recognises more comes first.
  recognise: () => 0.05,
  decode: (bytes, mediaType, { inputs }) => decodeTensors(bytes, mediaType, inputs),
  prepare,
  absent(prepared, row, { inputs }, kind = 'zero') {
    const view = prepared.views[row];
    if (!view) throw invalidArray(`There is no row ${row}: ${prepared.views.length} were prepared.`);
    if (kind !== 'zero')
      throw invalidArray(`A tensor has no absence called "${kind}": use zero.`, { kind, allowed: ['zero'] });
    const dtype = (name: string) => inputs.find((input) => input.name === name)?.dtype ?? 'float32';
    return Object.fromEntries(view.inputs.map(({ name, dims }) => [name, tensor(dtype(name), dims)]));
  },
  fold: foldSums,
  draw: (drawing, format) => DRAW[format](drawing),
};

export default tensors;

const DRAW = { svg: drawWaterfall, html: drawTableHtml, ansi: drawTableAnsi };

function prepare(raw: NamedTensors, { inputs }: ModalityContext): Prepared<TensorView> {
  checkNames(raw, inputs);
  const fitted = new Map(inputs.map((input) => [input.name, shaped(input, raw.get(input.name) ?? raw.get(''))]));
  const rows = rowsOf(inputs, fitted);
  const explained = inputs
    .filter(({ role }) => role.value === 'explained')
    .map(({ name, batchAxis }) => {
      const dims = (fitted.get(name) as Tensor).dims.map((dim, axis) => (axis === batchAxis.value ? 1 : dim));
      return { name, dims, batchAxis: batchAxis.value };
    });
  const features = tensorFeatures(explained);
  return {
    inputs: Object.fromEntries(fitted) as Inputs,
    features: Array.from({ length: rows }, () => features),
    views: Array.from({ length: rows }, () => ({ inputs: explained })),
    notices: [],
  };
}

function checkNames(raw: NamedTensors, inputs: readonly InputFact[]): void {
  const names = inputs.map(({ name }) => name);
  if (raw.size === 1 && raw.has('') && names.length === 1) return;
  const missing = names.filter((name) => !raw.has(name));
  const unknown = [...raw.keys()].filter((name) => !names.includes(name));
  if (missing.length === 0 && unknown.length === 0) return;
  const list = (all: readonly string[]) =>
    all.map((name) => (name === '' ? 'one without a name' : JSON.stringify(name))).join(', ');
  const near = unknown.flatMap((name) => nearest(name, missing, 1).map((other) => `"${name}" is perhaps "${other}"`));
  const parts = [
    missing.length > 0 && `missing ${list(missing)}`,
    unknown.length > 0 && `unknown ${list(unknown)}`,
    ...near,
  ];
  const hint = raw.has('') ? ' Send .npz, or each array under the name of its input.' : '';
  throw invalidArray(`The tensors do not fit the inputs of the model: ${parts.filter(Boolean).join('; ')}.${hint}`, {
    missing,
    unknown,
    inputs: names,
  });
}

/** A tensor in the type and shape of an input; one row may lack the batch axis. */
function shaped({ name, dtype, shape, batchAxis }: InputFact, given: Tensor | undefined): Tensor {
  if (!given) throw invalidArray(`There is no tensor for the input "${name}".`, { input: name });
  const axis = batchAxis.value;
  const dims =
    axis !== null && given.dims.length === shape.length - 1
      ? [...given.dims.slice(0, axis), 1, ...given.dims.slice(axis)]
      : given.dims;
  const fits =
    dims.length === shape.length && shape.every((dim, i) => typeof dim === 'string' || i === axis || dim === dims[i]);
  if (!fits) {
    throw invalidArray(
      `The tensor for "${name}" has shape [${given.dims.join(', ')}], but the model takes [${shape.join(', ')}].`,
      { input: name, given: given.dims, expected: shape },
    );
  }
  return cast({ ...given, dims }, dtype);
}

/** Inputs that are held fixed may count rows of their own: the texts beside an image. */
function rowsOf(inputs: readonly InputFact[], fitted: ReadonlyMap<string, Tensor>): number {
  const extent = ({ shape, batchAxis }: InputFact) => (batchAxis.value === null ? undefined : shape[batchAxis.value]);
  const explained = inputs.filter(({ role }) => role.value === 'explained').map(extent);
  const isOwn = (input: InputFact): boolean =>
    input.role.value === 'fixed' && typeof extent(input) === 'string' && !explained.includes(extent(input));
  const counts = inputs
    .filter((input) => input.batchAxis.value !== null && (explained.length === 0 || !isOwn(input)))
    .map(({ name, batchAxis }) => ({ name, rows: fitted.get(name)?.dims[batchAxis.value as number] ?? 1 }));
  const [first] = counts;
  const other = counts.find(({ rows }) => rows !== first?.rows);
  if (first && other) {
    throw invalidArray(
      `"${first.name}" has ${first.rows} rows, but "${other.name}" has ${other.rows}: all inputs need as many.`,
      {
        counts,
      },
    );
  }
  if (first?.rows === 0) throw invalidArray(`"${first.name}" has no rows.`, { input: first.name });
  return first?.rows ?? 1;
}
