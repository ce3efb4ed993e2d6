/** Modality, layout and role of inputs, by their names, shapes and readers. */
import { consumers } from '../../onnx/edit.ts';
import type { Dim, Graph, Node, ValueInfo } from '../../onnx/graph.ts';
import type { ModalityId, Role } from '../description.ts';
import { isLookedUp } from '../embeddings/sources.ts';
import { idTables } from '../id-tables.ts';
import { isHeldByName, isTruthMask, STATE_NAME } from './held-names.ts';

const isFloat = ({ dtype }: ValueInfo): boolean => dtype.includes('float');

const TEXT_NAME =
  /(^|[._/:])(.*input_?ids|tokens?|token_?ids|word_?ids|ids|text|texts|sentence.*|input_text)([._/:]|\d|$)/i;
const AUDIO_NAME = /(audio|wav|waveform|speech|sound|mel|spectr|fbank|mix$|input_values|input_features|samples|pcm)/i;
const POINTS_NAME = /(^|[^a-z])(points?|point_?clouds?|pts|xyz|vertices)([^a-z]|$)/i;
const IMAGE_NAME = /(image|img|pixel|photo|picture|frame)/i;

/** From this many samples on, a vector or a single channel is taken for sound rather than for a row of a table. */
const MIN_WAVEFORM = 4000;

/** Readers of every value, counted once for a graph. */
function readersOf(graph: Graph): ReadonlyMap<string, readonly Node[]> {
  const known = READERS.get(graph);
  if (known) return known;
  const readers = consumers(graph);
  READERS.set(graph, readers);
  return readers;
}

const READERS = new WeakMap<Graph, ReadonlyMap<string, readonly Node[]>>();

/**
 * Role of an input. Masks, positions, scalars and inputs without rows beside others with rows are fixed; what comes
 * back as an output of the same shape, and caches, are state.
 */
export function roleOf(graph: Graph, input: ValueInfo, primary: ValueInfo, rows: number | null): Role {
  if (input.name === primary.name) return 'explained';
  if (STATE_NAME.test(input.name)) return 'state';
  const isColumns = isColumn(input) && isColumn(primary);
  const isHeld = isHeldByName(input) && !(isColumns && isTruthMask(input));
  if (isHeld || isParameter(graph, input.name)) return 'fixed';
  if (returns(graph, input)) return 'state';
  if ((input.dims?.length ?? 0) === 0) return 'fixed';
  if (isColumns) return 'explained';
  if (isFactor(input) && isBesideRows(input, graph.inputs)) return 'fixed';
  const primaryHasRows = typeof primary.dims?.[0] === 'string' || (primary.dims?.length ?? 0) > 1;
  if (rows === null && primaryHasRows) return 'fixed';
  if (!isFloat(input) && input.dtype !== 'bool' && isFloat(primary) && !isLookedUp(graph, input.name)) {
    return 'fixed';
  }
  return 'explained';
}

/** A column of a table: one value a row. */
const isColumn = ({ dims = [] }: ValueInfo): boolean => dims.length === 1 || (dims.length === 2 && dims[1] === 1);

/** Name of the input that is explained first: tokens or pixels before masks, sizes and states. */
export function primaryInput(graph: Graph): ValueInfo | undefined {
  const { inputs } = graph;
  const named = inputs.filter(
    (input) =>
      !isHeldByName(input) &&
      !STATE_NAME.test(input.name) &&
      (input.dims?.length ?? 1) > 0 &&
      !isParameter(graph, input.name),
  );
  const large = named.filter((input) => !isBesideRows(input, named));
  const candidates = large.length > 0 ? large : named;
  const images = candidates.filter(({ dims }) => dims?.length === 4);
  const texts = candidates.filter((input) => TEXT_NAME.test(input.name));
  // An image beside texts (two towers): the image.
  if (images.length > 0 && texts.length > 0) return images[0];
  return candidates.find((input) => !returns(graph, input)) ?? candidates[0] ?? inputs[0];
}

/** A number for each channel, to be spread over places: [1, 3, 1, 1]. */
const isFactor = ({ dims = [] }: ValueInfo): boolean => dims.length > 2 && dims.at(-1) === 1;

/**
 * True for an input of fixed size without rows beside others that have rows: a temperature, a gain for each channel. Axes
 * in front of its last that are longer than 1 may be tokens or places of a model without a batch.
 */
function isBesideRows(input: ValueInfo, all: readonly ValueInfo[]): boolean {
  const { dims = [] } = input;
  const isFixed = dims.length > 0 && dims.every((dim) => typeof dim === 'number');
  const spread = dims.filter((dim) => dim !== 1).length;
  if (!isFixed || spread > 1 || (dims.length > 1 && dims[0] !== 1)) return false;
  const hasRows = (other: ValueInfo): boolean => typeof other.dims?.[0] === 'string' && other.dims.length > 1;
  const isWider = (other: ValueInfo): boolean => (other.dims ?? []).filter((dim) => dim !== 1).length > spread;
  return all.some((other) => hasRows(other) || (isFactor(input) && isWider(other)));
}

/** An input whose like comes out again: a float output of the same shape, beyond the first output. */
function returns({ inputs, outputs }: Graph, input: ValueInfo): boolean {
  if (inputs.length < 2 || outputs.length < 2 || !isFloat(input) || inputs[0] === input) return false;
  if (!input.dims || input.dims.length < 2) return false;
  const shape = fixedPart(input.dims);
  return outputs
    .slice(1)
    .some((output) => output.dtype === input.dtype && output.dims !== undefined && fixedPart(output.dims) === shape);
}

const fixedPart = (dims: readonly Dim[]): string => dims.map((dim) => (typeof dim === 'number' ? dim : '?')).join();

/** Operands that hold coordinates, sizes or conditions. */
const PARAMETERS: Readonly<Record<string, readonly number[]>> = {
  GridSample: [1],
  RoiAlign: [1, 2],
  Resize: [1, 2, 3],
  NonMaxSuppression: [2, 3, 4],
  Loop: [0, 1],
  If: [0],
  Reshape: [1],
  Slice: [1, 2, 3, 4],
  TopK: [1],
  Range: [0, 1, 2],
  Dropout: [1, 2],
};

function isParameter(graph: Graph, name: string): boolean {
  const readers = readersOf(graph).get(name) ?? [];
  return readers.length > 0 && readers.every((node) => readsAsParameter(node, name));
}

const readsAsParameter = (node: Node, name: string): boolean =>
  node.inputs.some((input, i) => input === name && (PARAMETERS[node.op] ?? []).includes(i));

export interface InputKind {
  readonly modality: ModalityId;
  readonly layout: string;
}

const isChannels = (dim: Dim | undefined): boolean => dim === 1 || dim === 3 || dim === 4;
const isLong = (dim: Dim | undefined): boolean => typeof dim === 'string' || (dim ?? 0) >= 8;

/**
 * Modality and layout of an input by its shape, its name, and what reads it first.
 * @param rows axis that counts rows
 */
export function kindOf(graph: Graph, input: ValueInfo, role: Role, rows: number | null): InputKind {
  const { dims = [], name } = input;
  const inner = dims.filter((_, axis) => axis !== rows);
  const letters = (rest: string): string => (rows === null ? rest : `${rest.slice(0, rows)}N${rest.slice(rows)}`);
  if (role !== 'explained') {
    const isSequence = inner.length === 1 && role === 'fixed';
    return { modality: 'tensor', layout: letters(isSequence ? 'T' : plainLetters(inner.length)) };
  }
  if (!isFloat(input) && input.dtype !== 'uint8' && input.dtype !== 'int8') {
    return soundOfSamples(graph, input, role, rows) ?? discreteKind(graph, input, inner, letters);
  }
  if (inner.length === 3) return spatialKind(name, inner, letters);
  if (inner.length === 2) return sequenceKind(graph, input, inner, letters);
  if (inner.length === 1) return vectorKind(graph, name, inner, letters, rows);
  return { modality: 'tensor', layout: letters(plainLetters(inner.length)) };
}

/** Sound in whole numbers, as files hold it, where the same input of floating point numbers would be one. */
function soundOfSamples(graph: Graph, input: ValueInfo, role: Role, rows: number | null): InputKind | undefined {
  const { name, dtype, words } = input;
  // Whole numbers of 32 bits and more may be ids as well: their name must tell.
  const isSample = dtype === 'int16' || (dtype === 'int32' && AUDIO_NAME.test(name));
  if (!isSample || words || TEXT_NAME.test(name) || isLookedUp(graph, name)) return undefined;
  const kind = kindOf(graph, { ...input, dtype: 'float32' }, role, rows);
  return kind.modality === 'audio' ? kind : undefined;
}

/** Ids of tokens, bytes, or truth values. */
function discreteKind(
  graph: Graph,
  { name, dtype, words }: ValueInfo,
  inner: readonly Dim[],
  letters: (rest: string) => string,
): InputKind {
  if (words?.split) return { modality: 'text', layout: letters('T') };
  if (inner.length === 3 && dtype !== 'bool' && !words) {
    const pixels = spatialKind(name, inner, letters);
    if (pixels.modality === 'image') return pixels;
  }
  if (inner.length !== 1) return { modality: 'tensor', layout: letters(plainLetters(inner.length)) };
  if (inner[0] === 1 && !TEXT_NAME.test(name)) return { modality: 'tabular', layout: letters('F') };
  if (dtype === 'bool') return { modality: 'tensor', layout: letters('F') };
  if (!TEXT_NAME.test(name) && looksUpByColumn(graph, name, inner[0])) {
    return { modality: 'tabular', layout: letters('F') };
  }
  const isText = TEXT_NAME.test(name) || isLookedUp(graph, name);
  return { modality: isText ? 'text' : 'tensor', layout: letters('T') };
}

/** True where the same number means another entry in another column: categories of a table, no tokens. */
function looksUpByColumn(graph: Graph, name: string, columns: Dim | undefined): boolean {
  if (typeof columns !== 'number') return false;
  const entries = (column: number): string =>
    String(
      idTables(graph)
        .get(name)
        ?.map(({ entryOf }) => entryOf(0, column)),
    );
  return Array.from({ length: columns }, (_, column) => entries(column)).some((other) => other !== entries(0));
}

/** Letters for axes of no known meaning. */
const plainLetters = (rank: number): string => 'ABDEGIJK'.slice(0, rank);

/** Numbers of mel bands that sound models have. */
const MEL_BANDS: readonly Dim[] = [40, 64, 80, 96, 128];

/** One channel of mel bands and frames; the sides of images are multiples of 4. */
function isSpectrogram(inner: readonly Dim[]): boolean {
  const [a, b, ...more] = inner.filter((dim) => dim !== 1);
  const isFrames = (dim: Dim | undefined): boolean => typeof dim === 'number' && dim >= 16 && dim % 4 !== 0;
  if (a === undefined || b === undefined || more.length > 0) return false;
  return (MEL_BANDS.includes(a) && isFrames(b)) || (MEL_BANDS.includes(b) && isFrames(a));
}

/** Bins of a Fourier transform of 128 samples or more: a power of two, and one. */
const isSpectrum = (dim: Dim | undefined): boolean =>
  typeof dim === 'number' && dim >= 65 && Number.isInteger(Math.log2(dim - 1));

const SOUND_WORD =
  /(^|[^a-z])(vad|i?stft|mel_?spec\w*|log_?mel|speech|audio|wav2vec2?|hubert|asr|spectrogram)([^a-z]|$)/i;

const sounding = new WeakMap<Graph, boolean>();

/** True where the graph or one of its layers is named after sound. */
function isNamedAfterSound(graph: Graph): boolean {
  const known =
    sounding.get(graph) ?? (SOUND_WORD.test(graph.name) || graph.nodes.some(({ name }) => SOUND_WORD.test(name)));
  sounding.set(graph, known);
  return known;
}

/** A vector of which the graph makes an image or a list of many places: a code, no row of a table. */
const generates = ({ outputs: [output] }: Graph): boolean =>
  (output?.dims ?? []).filter((dim) => typeof dim === 'number' && dim >= 8).length >= 2;

function spatialKind(name: string, inner: readonly Dim[], letters: (rest: string) => string): InputKind {
  const [first, , last] = inner;
  const isSound = (AUDIO_NAME.test(name) || isSpectrogram(inner)) && !IMAGE_NAME.test(name);
  const lastIsChannels = isChannels(last) && !isChannels(first) && isLong(inner[0]) && isLong(inner[1]);
  if (lastIsChannels) return { modality: isSound ? 'audio' : 'image', layout: letters('HWC') };
  if (isChannels(first) && isLong(inner[1]) && isLong(inner[2])) {
    return { modality: isSound ? 'audio' : 'image', layout: letters('CHW') };
  }
  if (isSound) return { modality: 'audio', layout: letters('CHW') };
  const isImage = IMAGE_NAME.test(name) && typeof first === 'number';
  return { modality: isImage ? 'image' : 'tensor', layout: letters('CHW') };
}

/** [T, C] or [C, T]: the recurrent or convolving reader says which, else the longer axis is time. */
function sequenceKind(
  graph: Graph,
  { name }: ValueInfo,
  inner: readonly Dim[],
  letters: (rest: string) => string,
): InputKind {
  const [a, b] = inner;
  const size = (dim: Dim | undefined): number => (typeof dim === 'number' ? dim : Number.POSITIVE_INFINITY);
  if (IMAGE_NAME.test(name) && isLong(a) && isLong(b)) return { modality: 'image', layout: letters('HW') };
  const convolved = firstReader(graph, name);
  if (POINTS_NAME.test(name) && inner.includes(3)) return { modality: 'tensor', layout: letters(plainLetters(2)) };
  if (convolved === 'normalised') return { modality: 'tensor', layout: letters('TF') };
  if (convolved === undefined && inner.every((dim) => typeof dim === 'string') && !AUDIO_NAME.test(name)) {
    return { modality: 'tensor', layout: letters(plainLetters(2)) };
  }
  const channelsFirst = convolved === 'Conv' || (convolved === undefined && size(a) <= size(b));
  const layout = letters(channelsFirst ? 'CT' : 'TC');
  const time = channelsFirst ? b : a;
  const channels = channelsFirst ? a : b;
  const isSound =
    AUDIO_NAME.test(name) ||
    isNamedAfterSound(graph) ||
    isSpectrum(a) ||
    isSpectrum(b) ||
    (channels === 1 && size(time) >= MIN_WAVEFORM);
  if (isSound) return { modality: 'audio', layout };
  return { modality: 'series', layout };
}

function vectorKind(
  graph: Graph,
  name: string,
  [length]: readonly Dim[],
  letters: (rest: string) => string,
  rows: number | null,
): InputKind {
  if (TEXT_NAME.test(name)) return { modality: 'text', layout: letters('T') };
  const isLongClip = typeof length === 'number' && length >= MIN_WAVEFORM;
  const walked = readAlongTime(graph, name);
  if (AUDIO_NAME.test(name) || isLongClip || /sequence|samples|time/i.test(String(length)) || walked === 'spectrum') {
    return { modality: 'audio', layout: letters('T') };
  }
  if (walked === 'convolution') return { modality: 'series', layout: letters('T') };
  return { modality: rows === null || generates(graph) ? 'tensor' : 'tabular', layout: letters('F') };
}

const PLAIN = new Set(['Identity', 'Cast', 'Sub', 'Div', 'Mul', 'Add', 'Pad']);
const RESHAPING = new Set(['Unsqueeze', 'Squeeze', 'Reshape']);

/** Operator that reads an input first, seen through arithmetic; undefined for others than these. */
function firstReader(graph: Graph, name: string): 'Conv' | 'recurrent' | 'transposed' | 'normalised' | undefined {
  const op = readerBehind(graph, name, PLAIN);
  if (op === 'Conv') return 'Conv';
  // Features of a layer, each position scaled by its own mean and deviation.
  if (op === 'LayerNormalization' || (op === 'ReduceMean' && readersOf(graph).get(name)?.[0]?.op === op))
    return 'normalised';
  if (op === 'LSTM' || op === 'GRU' || op === 'RNN') return 'recurrent';
  return op === 'Transpose' ? 'transposed' : undefined;
}

/** Operation along the elements of a vector: a Fourier transform or a convolution; undefined for neither. */
function readAlongTime(graph: Graph, name: string): 'spectrum' | 'convolution' | undefined {
  const op = readerBehind(graph, name, new Set([...PLAIN, ...RESHAPING]));
  return op === 'STFT' || op === 'DFT' ? 'spectrum' : op === 'Conv' ? 'convolution' : undefined;
}

function readerBehind(graph: Graph, name: string, through: ReadonlySet<string>): string | undefined {
  let tensor = name;
  for (let steps = 0; steps < 6; steps++) {
    const [node] = readersOf(graph).get(tensor) ?? [];
    if (!node || !through.has(node.op)) return node?.op;
    tensor = node.outputs[0] as string;
  }
  return undefined;
}
