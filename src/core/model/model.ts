/** A model as the explainer sees it: its graph, what is known about it, and where its bytes came from. */
import { sha256Hex } from '../digest.ts';
import { nearest, quoted, WhylightError } from '../errors.ts';
import { imageDims } from '../image/preprocess.ts';
import { toFloat32 } from '../onnx/float32.ts';
import type { Dim, Graph, ValueInfo } from '../onnx/graph.ts';
import { type Inferred, infer, isKnownOperator } from '../onnx/infer.ts';
import { read } from '../onnx/read.ts';
import { batchOf, rowsFirstDims } from '../onnx/rows-first.ts';
import { simplify } from '../onnx/simplify.ts';
import { attentionMaps } from './attention.ts';
import type { ModelInfo, TensorInfo } from './info.ts';
import { Labels } from './labels.ts';
import { embeddingOf, featureMaps, layersBefore } from './layers.ts';
import type { Manifest } from './manifest.ts';
import { findScores, type Link } from './scores.ts';

export interface ModelSource {
  /** The ONNX file. Its large constants stay views on these bytes. */
  readonly bytes: Uint8Array;
  /** Files that hold constants of the ONNX file, by the path it names. */
  readonly external?: ReadonlyMap<string, Uint8Array>;
  readonly manifest?: Partial<Manifest>;
  /** Class names, where the manifest names a file for them. */
  readonly labels?: readonly string[];
  /** {@link modelDigest} of the files, where whoever keeps them knows it: to count it again takes as long as all the rest. */
  readonly digest?: string;
}

/** Names what a model computes: the SHA-256, in hex, of the ONNX file, or of that and the digests of the files beside it. */
export async function modelDigest({ bytes, external }: Pick<ModelSource, 'bytes' | 'external'>): Promise<string> {
  const [own, ...others] = await Promise.all([bytes, ...(external?.values() ?? [])].map(sha256Hex));
  return others.length === 0 ? (own as string) : sha256Hex(new TextEncoder().encode([own, ...others].join()));
}

export interface InfoOptions {
  /** What is explained: `logits` (the default), the `output` as the graph gives it, or any tensor by name. */
  readonly scores?: string;
  /** Shapes of one row of the inputs, to settle extents that the file leaves open. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
}

/** {@link ModelInfo} and what only the explainer needs. */
export interface BoundInfo extends ModelInfo {
  /** How scores become probabilities: through a function, or `given` when they are probabilities already. */
  readonly probability?: Link | 'given';
  /** Elements of one row of the scores. */
  readonly scoreSize: number;
  /** The elements of the scores are the classes that the model's labels name. */
  readonly labelled: boolean;
}

const MOST_INFOS = 16;

export class Model {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the ONNX file and its external data, in hex. */
  readonly digest: string;
  readonly manifest: Partial<Manifest>;
  readonly graph: Graph;
  readonly labels: Labels | undefined;
  /** The number of rows that the file insists on; undefined when any number will do. */
  readonly fixedBatch: number | undefined;
  private readonly layers: readonly string[];
  private readonly output: string;
  private readonly infos = new Map<string, BoundInfo>();

  private constructor(graph: Graph, digest: string, { manifest = {}, labels }: Omit<ModelSource, 'bytes'>) {
    this.graph = graph;
    this.digest = digest;
    this.manifest = manifest;
    this.name = manifest.name ?? (graph.name || 'model');
    this.version = manifest.version ?? '1';
    const names = labels ?? (Array.isArray(manifest.labels) ? manifest.labels : undefined);
    this.labels = names && new Labels(names, manifest.label_offset);
    this.output = chooseOutput(graph, manifest.output);
    checkPictures(graph, manifest);
    const batch = graph.inputs[0]?.dims?.[0];
    this.fixedBatch = typeof batch === 'number' ? batch : undefined;
    const simple = simplify(graph);
    const values = infer(simple);
    this.layers = layersBefore(featureMaps(simple, values, this.output), simple, values, this.output);
  }

  /** @throws WhylightError `invalid_model`, or `invalid_config` when the manifest does not fit the file. */
  static async read(source: ModelSource): Promise<Model> {
    const graph = toFloat32(read(source.bytes, { external: (path) => source.external?.get(path) }));
    return new Model(graph, source.digest ?? (await modelDigest(source)), source);
  }

  /**
   * The same model with other constants, for experiments on its weights.
   * @param name says what was done to it: with the digest, it names the variation everywhere
   */
  async withConstants(constants: Graph['constants'], name: string): Promise<Model> {
    const digest = await sha256Hex(new TextEncoder().encode(`${this.digest} ${name}`));
    return new Model({ ...this.graph, constants }, digest, {
      manifest: this.manifest,
      ...(this.labels && { labels: this.labels.names }),
    });
  }

  /**
   * What methods may know of the model.
   * @throws WhylightError `layer_not_found` for unknown scores, `invalid_model` when their shape cannot be told.
   */
  info(options: InfoOptions = {}): BoundInfo {
    const shapes = this.openShapes(options.shapes);
    const key = JSON.stringify([options.scores ?? 'logits', shapes]);
    const known = this.infos.get(key);
    if (known) return known;
    if (this.infos.size >= MOST_INFOS) this.infos.clear();
    const info = this.makeInfo(options.scores ?? 'logits', shapes);
    this.infos.set(key, info);
    return info;
  }

  private makeInfo(wanted: string, shapes: InfoOptions['shapes']): BoundInfo {
    const { graph } = this;
    const inputs = graph.inputs.map((input) => bind(input, shapes?.[input.name]));
    const values = infer(shapes ? { ...graph, inputs } : graph);
    const maps = new Set(featureMaps(graph, values, this.output));
    const batch = batchOf(graph, values);
    const own = new Set(graph.outputs.map(({ name }) => name));
    const tensor = (name: string): TensorInfo => {
      const value = values.get(name);
      if (value?.dims) {
        const dims = own.has(name) ? value.dims : rowsFirstDims(value.dims, batch);
        return tensorInfo(name, { ...value, dims }, maps.has(name) ? 0 : undefined);
      }
      const close = nearest(name, values.keys());
      const hint = value
        ? 'Its shape is not known.'
        : close.length > 0
          ? `Did you mean "${close.join('" or "')}"?`
          : '';
      throw new WhylightError(
        'layer_not_found',
        `The model has no usable tensor named ${quoted(name)}. ${hint}`.trim(),
        {
          tensor: name,
          nearest: close,
        },
      );
    };
    const logits = findScores(graph, this.output);
    const wantedTensor = wanted === 'logits' ? logits.tensor : wanted === 'output' ? this.output : wanted;
    if (!values.get(wantedTensor)?.dims) refuseUnknownOperators(graph);
    const scores = tensor(wantedTensor);
    const scoreSize = scores.dims.reduce<number>(
      (size, extent) => size * (typeof extent === 'number' ? extent : Number.NaN),
      1,
    );
    if (!(scoreSize > 0)) {
      throw new WhylightError(
        'invalid_model',
        `The scores "${scores.name}" have the shape [N, ${scores.dims.join(', ')}]: it must be known before the run.`,
        {
          tensor: scores.name,
          dims: scores.dims,
        },
      );
    }
    const isVector = scores.dims.filter((extent) => extent !== 1).length === 1;
    const probability =
      wantedTensor !== logits.tensor
        ? wantedTensor === this.output
          ? 'given'
          : undefined
        : (logits.link ?? (isVector ? 'softmax' : undefined));
    const inputInfos = inputs.map((input) => tensorInfo(input.name, input, channelAxis(input, this.manifest)));
    const spatialLayers = this.layers.filter((name) => values.get(name)?.dims).map(tensor);
    const tokens = attentionMaps(graph).at(-1)?.tokens;
    const camLayer = tokens === undefined ? spatialLayers[0] : tensor(tokens);
    return {
      inputs: inputInfos,
      sources: inputInfos.flatMap((input) => {
        if (input.dtype.startsWith('float')) return [input];
        const embedding = embeddingOf(graph, input.name);
        return embedding === undefined ? [] : [tensor(embedding)];
      }),
      scores,
      scoreSize,
      ...(probability && { probability }),
      labelled: wantedTensor === logits.tensor || wantedTensor === this.output,
      ...(camLayer && { camLayer }),
      spatialLayers,
      graph,
      tensor,
    };
  }

  /** Shapes of the rows, where the file leaves an extent besides the batch open; undefined when it leaves none. */
  private openShapes(shapes: InfoOptions['shapes']): InfoOptions['shapes'] {
    const open = this.graph.inputs.filter(
      ({ name, dims }) => shapes?.[name] && !dims?.slice(1).every((d) => typeof d === 'number'),
    );
    return open.length === 0 ? undefined : Object.fromEntries(open.map(({ name }) => [name, shapes?.[name] ?? []]));
  }
}

/** A shape that cannot be told is the fault of an operator that nobody knows, where there is one. */
function refuseUnknownOperators({ nodes }: Graph): void {
  const operators = [
    ...new Set(
      nodes.filter((node) => !isKnownOperator(node)).map(({ op, domain }) => (domain ? `${domain}.${op}` : op)),
    ),
  ];
  if (operators.length === 0) return;
  throw new WhylightError(
    'unsupported_operator',
    `The model has operators that are not known here: ${operators.join(', ')}. Export it with standard ONNX operators.`,
    { operators },
  );
}

function chooseOutput(graph: Graph, wanted: string | undefined): string {
  const names = graph.outputs.map(({ name }) => name);
  const output = wanted ?? names[0];
  if (output !== undefined && names.includes(output)) return output;
  throw new WhylightError(
    wanted === undefined ? 'invalid_model' : 'invalid_config',
    wanted === undefined
      ? 'The model has no output.'
      : `The manifest names the output "${wanted}", but the model has ${names.join(', ')}.`,
    { output: wanted, outputs: names },
  );
}

/** @throws WhylightError `invalid_config` when pictures become tensors that the model does not take */
function checkPictures({ inputs: [input, ...others] }: Graph, { preprocessing }: Partial<Manifest>): void {
  const row = input?.dims?.slice(1);
  // With several inputs there are no pictures.
  if (!preprocessing || !row || others.length > 0) return;
  const made = imageDims(preprocessing);
  if (made.length === row.length && row.every((extent, axis) => typeof extent === 'string' || extent === made[axis]))
    return;
  throw new WhylightError(
    'invalid_config',
    `By the manifest's preprocessing a picture becomes [${made.join(', ')}], but the input "${input?.name}" takes [${row.join(', ')}]: look at "size", "layout" and "color".`,
    { input: input?.name, expected: row, given: made },
  );
}

/** The input with the extents of these rows; its batch stays as it is. */
function bind(input: ValueInfo, row: readonly number[] | undefined): ValueInfo {
  return row ? { ...input, dims: [input.dims?.[0] ?? 'N', ...row] } : input;
}

function tensorInfo(name: string, { dtype, dims = [] }: Inferred, axis?: number): TensorInfo {
  const row: readonly Dim[] = dims.slice(1);
  return { name, dtype, dims: row, ...(axis !== undefined && { channelAxis: axis }) };
}

/** Pictures have 1, 3 or 4 channels, in front unless the manifest or the shape says otherwise; series have channels in front. */
function channelAxis({ dtype, dims = [] }: ValueInfo, { preprocessing }: Partial<Manifest>): number | undefined {
  const rank = dims.length - 1;
  if (rank < 2 || !dtype.startsWith('float')) return undefined;
  if (rank === 3 && preprocessing?.layout) return preprocessing.layout === 'NHWC' ? 2 : 0;
  const few = (extent: Dim | undefined): boolean => extent === 1 || extent === 3 || extent === 4;
  return rank === 3 && !few(dims[1]) && few(dims[3]) ? 2 : 0;
}
