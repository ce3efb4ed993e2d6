/** Facts about a model for methods, once shapes, scores and the inputs that are held fixed are settled. */
import type { Ruleset } from '../autodiff/ruleset.ts';
import { quoted, WhylightError } from '../errors.ts';
import type { Graph, ValueInfo } from '../onnx/graph.ts';
import { type Inferred, infer } from '../onnx/infer.ts';
import { batchOf, rowsFirstDims } from '../onnx/rows-first.ts';
import { attentionMaps } from './attention.ts';
import { nearestShared } from './cam/cam-layer.ts';
import { imagePlaces } from './cam/image-places.ts';
import type { ExplainedElement } from './cam/reach.ts';
import { finalActivation, isClassical } from './describe/activation.ts';
import type { ModelDescription, OutputFact } from './description.ts';
import { type LostTable, sourcesOf } from './embeddings/sources.ts';
import type { ModelInfo, TensorInfo } from './info.ts';
import { featureMaps } from './layers.ts';
import type { Manifest } from './manifest.ts';
import { refuseUnknownOperators } from './model-checks.ts';
import { registeredRuleset } from './named-ruleset.ts';
import { noTensor } from './no-tensor.ts';
import { bind, channelAxisOf, classAxisOf, inferBound, probabilityOf, tensorInfo } from './tensor-info.ts';

export interface InfoOptions {
  /** Tensor to explain: `logits` (the default), the `output` as the graph gives it, or any tensor by name. */
  readonly scores?: string;
  /** Output that the scores belong to; that of the description when left out. */
  readonly output?: string;
  /** Inputs that are held fixed, beside those that are by themselves. */
  readonly hold?: readonly string[];
  /** Shapes of one row of the inputs, to settle dims that the file leaves open. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
}

/** {@link ModelInfo} and what only the explainer needs. */
export interface BoundInfo extends ModelInfo {
  /** Elements of one row of the scores; NaN while a dim is open. */
  readonly scoreSize: number;
  /** The elements of the scores are the classes that the model's labels name. */
  readonly labelled: boolean;
  /** Inputs that every row is fed with as they are: masks, states, scalars. `dims` of a shared input are all its dims. */
  readonly held: readonly TensorInfo[];
  /** Tables on the way from inputs to scores that no source of gradients stands for. */
  readonly lost: readonly LostTable[];
  /** Output that the scores belong to. */
  readonly output: string;
  /**
   * The layer for CAM methods where one element of the scores is explained, such as the score of a box: the last one of
   * the level that it comes from, or the last that is as wide as the box.
   */
  camLayerOf(element?: ExplainedElement): TensorInfo | undefined;
  /** Axis of one row of the scores that counts classes; null where there are none, undefined where it is not known. */
  readonly classAxis?: number | null;
  /**
   * Returns the ruleset that comes with whylight under this id.
   * @throws WhylightError `invalid_config`
   */
  ruleset(id: string): Ruleset;
}

/** Parts of a model that its facts follow from. */
interface DescribedGraph {
  readonly graph: Graph;
  readonly description: ModelDescription;
  readonly manifest: Partial<Manifest>;
  /** Feature maps that class activation maps may take, in front of the explained output. */
  readonly layers: readonly string[];
}

type Values = ReadonlyMap<string, Inferred>;

/**
 * Facts about a model for methods.
 * @throws WhylightError `layer_not_found` for unknown scores, `invalid_model` when their shape cannot be told.
 */
export function boundInfo(
  { graph, description, manifest, layers }: DescribedGraph,
  { scores: wanted = 'logits', output = description.explained.name, hold = [], shapes }: InfoOptions,
): BoundInfo {
  const explained = outputFact(description, output);
  const inputs = graph.inputs.map((input) => bind(input, shapes?.[input.name]));
  const values = shapes ? inferBound({ ...graph, inputs }, shapes) : infer(graph);
  const tensor = tensorsOf(graph, values, output);
  const { scores, ...read } = scoresOf(graph, values, explained, wanted, tensor);
  const isHeld = ({ name }: ValueInfo): boolean =>
    hold.includes(name) || (roleOf(description, name) ?? 'explained') !== 'explained';
  const describeInput = (input: ValueInfo): TensorInfo =>
    tensorInfo(input.name, input, channelAxisOf(input, description), input.whole);
  const inputInfos = inputs.filter((input) => !isHeld(input)).map(describeInput);
  const spatialLayers = layers.filter((name) => values.get(name)?.dims).map(tensor);
  const cams = camLayersOf({ graph, description, inputs, values, scores, spatialLayers, tensor });
  let cam: { readonly layer: TensorInfo | undefined } | undefined;
  return {
    inputs: inputInfos,
    held: inputs.filter(isHeld).map(describeInput),
    ...sourcesOf({ ...graph, inputs }, inputInfos, scores.name, values, tensor),
    scores,
    ...read,
    labelled: read.labelled && output === description.explained.name,
    output,
    get camLayer() {
      cam ??= { layer: cams.camLayerOf() };
      return cam.layer;
    },
    ...cams,
    spatialLayers,
    ...(manifest.concepts && { concepts: manifest.concepts }),
    graph,
    tensor,
    ruleset: registeredRuleset,
  };
}

/** The description of an output. @throws WhylightError `layer_not_found` */
function outputFact({ outputs }: ModelDescription, name: string): OutputFact {
  const fact = outputs.find((output) => output.name === name);
  if (fact) return fact;
  const names = outputs.map((output) => output.name);
  throw new WhylightError('layer_not_found', `The model has no output ${quoted(name)}; it has ${names.join(', ')}.`, {
    output: name,
    outputs: names,
  });
}

const roleOf = ({ inputs }: ModelDescription, name: string) => inputs.find((input) => input.name === name)?.role.value;

/** Looks tensors of the graph up by name, rows in front. */
function tensorsOf(graph: Graph, values: Values, output: string): (name: string) => TensorInfo {
  const maps = new Set(featureMaps(graph, values, output));
  const batch = batchOf(graph, values);
  const own = new Set(graph.outputs.map(({ name }) => name));
  return (name) => {
    const value = values.get(name);
    if (!value?.dims) throw noTensor(name, values.keys(), values.has(name));
    const dims = own.has(name) ? value.dims : rowsFirstDims(value.dims, batch);
    return tensorInfo(name, { ...value, dims }, maps.has(name) ? 0 : undefined);
  };
}

type ScoreFacts = Pick<BoundInfo, 'scores' | 'scoreSize' | 'labelled'> &
  Partial<Pick<BoundInfo, 'probability' | 'classAxis'>>;

/**
 * The tensor of the scores, and what its elements mean.
 * @param wanted a tensor by name, or one of the keywords `logits` and `output`
 */
function scoresOf(
  graph: Graph,
  values: Values,
  explained: OutputFact,
  wanted: string,
  tensor: (name: string) => TensorInfo,
): ScoreFacts {
  const { name: output } = explained;
  const last = finalActivation(graph, output);
  const name = wanted === 'logits' ? last.logits : wanted === 'output' ? output : wanted;
  if (!values.get(name)?.dims) refuseUnknownOperators(graph);
  const scores = tensor(name);
  const scoreSize = scores.dims.reduce<number>((size, dim) => size * (typeof dim === 'number' ? dim : Number.NaN), 1);
  const isScores = name === last.logits || name === output;
  const classAxis = isScores ? classAxisOf(explained, name === output ? undefined : last.order) : undefined;
  const stated = probabilityOf(explained, scores, isScores);
  // Classifiers of ai.onnx.ml state their transform: without one their scores are margins, or probabilities already.
  const probability = stated === 'softmax' && isClassical(graph, name) ? undefined : stated;
  return {
    scores,
    scoreSize,
    labelled: isScores,
    ...(probability && { probability }),
    ...(classAxis !== undefined && { classAxis }),
  };
}

interface CamParts extends Pick<DescribedGraph, 'graph' | 'description'> {
  readonly inputs: readonly ValueInfo[];
  readonly values: Values;
  readonly scores: TensorInfo;
  readonly spatialLayers: readonly TensorInfo[];
  readonly tensor: (name: string) => TensorInfo;
}

/** Layers for class activation maps, and the layout of their places on the image. */
function camLayersOf(parts: CamParts): Pick<BoundInfo, 'camLayerOf' | 'layout'> {
  const { graph, description, inputs, values, scores, spatialLayers, tensor } = parts;
  const image = description.inputs.find(
    ({ role, layout }) => role.value === 'explained' && /H.*W/.test(layout.value) && /C/.test(layout.value),
  );
  const places = image && imagePlaces(graph, inputs, image);
  const tokens = attentionMaps(graph).at(-1)?.tokens;
  const maps = spatialLayers.map(({ name }) => name);
  return {
    camLayerOf(element) {
      const name =
        places?.camLayer(scores.name, maps, element) ??
        tokens ??
        nearestShared({ graph, values, scores: scores.name, element }, maps);
      return name === undefined ? undefined : (spatialLayers.find((layer) => layer.name === name) ?? tensor(name));
    },
    ...(places && { layout: (name: string) => places.layout(name) }),
  };
}
