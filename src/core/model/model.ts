import { sha256Hex } from '../digest.ts';
import { WhylightError } from '../errors.ts';
import type { Preprocessing } from '../image/preprocess.ts';
import { toFloat32 } from '../onnx/float32.ts';
import type { Graph, Node } from '../onnx/graph.ts';
import { infer } from '../onnx/infer.ts';
import { readHeader } from '../onnx/read/header.ts';
import { read } from '../onnx/read.ts';
import { simplify } from '../onnx/simplify.ts';
import { type BoundInfo, boundInfo, type InfoOptions } from './bound-info.ts';
import { type Corrections, checkCorrected, isEmpty, requestFacts } from './corrections.ts';
import { describe } from './describe/describe.ts';
import { manifestFacts } from './describe/manifest-facts.ts';
import { metadataFacts } from './describe/metadata.ts';
import { operatorLabels } from './describe/operator-labels.ts';
import { recognisedForm } from './describe/output-form.ts';
import { type StatedFacts, strongest } from './describe/stated-facts.ts';
import type { ModelDescription } from './description.ts';
import { inputsWithGaps } from './gaps.ts';
import { type IdTable, idTables } from './id-tables.ts';
import { Labels } from './labels.ts';
import { featureMaps, layersBefore } from './layers.ts';
import { type BuildTensor, withMadeTensor } from './made-tensor.ts';
import { checkImages, checkOutput } from './model-checks.ts';
import { type ModelSource, modelDigest } from './model-source.ts';
import { roundingNode } from './rounding.ts';
import { inputPlaces, withRowsInFront } from './row-axes.ts';
import type { RowPlaces } from './row-places.ts';
import { type SizedManifest, sizedManifest } from './sized-manifest.ts';
import { openShapes } from './tensor-info.ts';
import { withFloatInputs } from './whole-numbers.ts';

export type { BoundInfo, InfoOptions } from './bound-info.ts';

/** Parts of a source that the model keeps, with the metadata of its file. */
interface ModelParts extends Pick<ModelSource, 'manifest' | 'flagged' | 'labels' | 'forms'> {
  readonly metadata?: Readonly<Record<string, string>>;
}

const MAX_INFOS = 16;

/**
 * Model that can be explained: its graph with rows in front, its description, and a digest that identifies it.
 *
 * @example
 * import { Model } from 'whylight';
 * const model = await Model.read({ bytes: await readFile('model.onnx'), labels: ['cat', 'dog'] });
 * const { inputs, scores } = model.info();
 * @see docs/models.md
 */
export class Model {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the ONNX file and its external data, in hex. */
  readonly digest: string;
  readonly manifest: SizedManifest;
  /** Inputs and outputs in the file's own axes: the form of requests and answers. */
  readonly file: Pick<Graph, 'inputs' | 'outputs'>;
  /** Graph with rows along the first axis of inputs and outputs. */
  readonly graph: Graph;
  readonly description: ModelDescription;
  /** `metadata_props` of the file. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly labels: Labels | undefined;
  /** From an image to the input tensor: what a request, the manifest, files beside the model or its metadata state. */
  readonly preprocessing: Preprocessing | undefined;
  /** Number of rows that every run must have; undefined when any number will do. */
  readonly fixedBatch: number | undefined;
  /** Axis of the rows of each input and output in the file. */
  readonly places: RowPlaces;
  private readonly original: Graph;
  private readonly stated: StatedFacts;
  private readonly layers: readonly string[];
  private readonly output: string;
  private readonly source: ModelParts;
  private readonly infos = new Map<string, BoundInfo>();
  private lookups: ReadonlyMap<string, readonly IdTable[]> | undefined;
  private readonly corrections = new Map<string, Model>();
  private readonly extended = new Map<string, Model>();

  private constructor(
    graph: Graph,
    digest: string,
    source: ModelParts,
    stated: StatedFacts,
    requested: StatedFacts = {},
  ) {
    const { flagged = [], labels, forms = [], metadata = {} } = source;
    const manifest = sizedManifest(source.manifest ?? {}, graph);
    this.source = { manifest, flagged, forms, metadata, ...(labels && { labels }) };
    this.digest = digest;
    this.manifest = manifest;
    this.name = manifest.name ?? (graph.name || 'model');
    this.version = manifest.version ?? '1';
    this.original = graph;
    this.file = { inputs: graph.inputs, outputs: graph.outputs };
    const names = labels ?? (Array.isArray(manifest.labels) ? manifest.labels : undefined);
    this.metadata = metadata;
    this.stated = stated;
    checkOutput(graph, manifest.output);
    const said = strongest([requested, manifestFacts(manifest, names, labels ? 'file' : 'manifest', flagged), stated]);
    const facts = strongest([said, recognisedForm(graph, forms, said, metadata)]);
    const { description, rowsAtOnce, axes, outputAxes } = describe(graph, facts);
    this.description = description;
    this.places = { ...inputPlaces(graph, axes), ...outputAxes };
    this.graph = withFloatInputs(withRowsInFront(graph, this.places), description);
    const matched = description.explained.labels?.value;
    this.labels = matched && new Labels(matched.names, matched.first);
    this.output = description.explained.name;
    this.preprocessing =
      description.inputs.find(({ preprocessing }) => preprocessing)?.preprocessing?.value ?? manifest.preprocessing;
    checkImages(this.graph, description, this.preprocessing);
    this.fixedBatch = rowsAtOnce;
    const simple = simplify(this.graph);
    const values = infer(simple);
    this.layers = layersBefore(featureMaps(simple, values, this.output), simple, values, this.output);
  }

  /**
   * Reads a model and describes it.
   * @throws WhylightError `invalid_model`, or `invalid_config` when the manifest does not fit the file.
   */
  static async read(source: ModelSource): Promise<Model> {
    return Model.readKnown(source, source.digest ?? (await modelDigest(source)));
  }

  /**
   * Reads a model whose digest is known.
   * @throws as {@link Model.read}
   */
  static readKnown(source: ModelSource, digest: string): Model {
    const graph = toFloat32(read(source.bytes, { external: (path) => source.external?.get(path) }));
    const { metadata } = readHeader(source.bytes);
    const stated = strongest([source.stated ?? {}, metadataFacts(metadata), operatorLabels(graph)]);
    return new Model(graph, digest, { ...source, metadata }, stated);
  }

  /**
   * The same model with other constants, for experiments on its weights.
   * @param name says what was done to it: with the digest, it names the variation everywhere
   */
  async withConstants(constants: Graph['constants'], name: string): Promise<Model> {
    const digest = await sha256Hex(new TextEncoder().encode(`${this.digest} ${name}`));
    return new Model({ ...this.original, constants }, digest, this.source, this.stated);
  }

  /**
   * The same model, described with facts that a request states. It computes the same, and has the same digest.
   * @throws WhylightError `invalid_request` for corrections that do not fit the model
   */
  corrected(corrections: Corrections = {}): Model {
    if (isEmpty(corrections)) return this;
    const key = JSON.stringify(Object.entries(corrections).sort());
    const known = this.corrections.get(key);
    if (known) return known;
    const facts = requestFacts(corrections, this.original);
    const model = this.redescribed(facts);
    checkCorrected(model.description, corrections);
    if (this.corrections.size >= MAX_INFOS) this.corrections.clear();
    this.corrections.set(key, model);
    return model;
  }

  /**
   * The same model whose graph also gives a tensor of this name, made of its own tensors. Explanations of it are compiled
   * once for each name: equal names must mean equal nodes.
   */
  withTensor(name: string, build: BuildTensor): Model {
    if (this.graph.outputs.some((output) => output.name === name)) return this;
    const known = this.extended.get(name);
    if (known) return known;
    const parts = { graph: withMadeTensor(this.graph, name, build), infos: new Map(), extended: new Map() };
    const model: Model = Object.assign(Object.create(Model.prototype), this, parts);
    if (this.extended.size >= MAX_INFOS) this.extended.clear();
    this.extended.set(name, model);
    return model;
  }

  private redescribed(requested: StatedFacts): Model {
    try {
      return new Model(this.original, this.digest, this.source, this.stated, requested);
    } catch (error) {
      // Without the request the description holds, so the request is at fault.
      if (!WhylightError.is(error, 'invalid_config')) throw error;
      throw new WhylightError('invalid_request', error.message, error.details, { cause: error });
    }
  }

  /**
   * Facts about the model for methods.
   * @throws WhylightError `layer_not_found` for unknown scores, `invalid_model` when their shape cannot be told.
   */
  info(options: InfoOptions = {}): BoundInfo {
    const { graph, description, manifest, layers } = this;
    const shapes = openShapes(graph, options.shapes);
    const hold = options.hold ?? [];
    const key = JSON.stringify([options.scores ?? 'logits', options.output, hold, shapes]);
    const known = this.infos.get(key);
    if (known) return known;
    if (this.infos.size >= MAX_INFOS) this.infos.clear();
    const info = boundInfo({ graph, description, manifest, layers }, { ...options, hold, shapes });
    this.infos.set(key, info);
    return info;
  }

  /** Tables that inputs look up in, by name of the input. */
  get idTables(): ReadonlyMap<string, readonly IdTable[]> {
    this.lookups ??= idTables(this.graph);
    return this.lookups;
  }

  /** Node that rounds activations; undefined where none does. */
  get rounding(): Node | undefined {
    return roundingNode(this.graph);
  }

  /** Returns the bytes of a constant of the graph; undefined where there is none of this name. */
  constantBytes(name: string): Uint8Array | undefined {
    return this.graph.constants.get(name)?.bytes;
  }

  /** Names of the inputs that may hold NaN as a missing value. */
  get gaps(): ReadonlySet<string> {
    return inputsWithGaps(this.description, this.manifest);
  }
}
