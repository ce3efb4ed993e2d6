/** Models without their graph: the facts that an explanation needs, taken from a model once and kept as plain data. */
import type { Ruleset } from '../autodiff/ruleset.ts';
import { quoted, WhylightError } from '../errors.ts';
import type { Graph, ValueInfo } from '../onnx/graph.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { LayerLayout } from './cam/cam-layer.ts';
import { type Corrections, isEmpty } from './corrections.ts';
import type { TensorInfo } from './info.ts';
import { Labels } from './labels.ts';
import type { BoundInfo, InfoOptions, Model } from './model.ts';

/** Traits of a ruleset that the run of a compiled graph depends on. */
export type RulesetTraits = Pick<Ruleset, 'reference' | 'otherInputs'>;

/** Members of {@link BoundInfo} that are plain data. */
type PlainInfo = Pick<
  BoundInfo,
  | 'inputs'
  | 'held'
  | 'sources'
  | 'scores'
  | 'scoreSize'
  | 'probability'
  | 'labelled'
  | 'classAxis'
  | 'output'
  | 'camLayer'
  | 'spatialLayers'
  | 'lost'
>;

/** Facts about a model as plain data and tensors. */
export interface PreparedFacts
  extends Pick<Model, 'name' | 'version' | 'digest' | 'file' | 'description' | 'places' | 'metadata'> {
  readonly preprocessing?: Model['preprocessing'];
  readonly fixedBatch?: number;
  readonly labels?: { readonly names: readonly string[]; readonly offset: number };
  /** Inputs and outputs with rows in front. */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** Node that rounds activations, which diagnostics name. */
  readonly rounding: Graph['nodes'];
  readonly info: PlainInfo;
  /** Tensors that methods may name, with the order of their places where it is known. */
  readonly tensors: readonly { readonly tensor: TensorInfo; readonly layout?: LayerLayout }[];
  /** Rulesets that come with whylight, by the ids that methods name. */
  readonly rulesets: Readonly<Record<string, RulesetTraits>>;
  /** Names of the inputs that may hold NaN as a missing value. */
  readonly gaps: readonly string[];
}

/** Weights by the name that stored graphs refer to. */
export type PreparedWeights = Readonly<Record<string, Tensor<'uint8'>>>;

const refused = (message: string, details?: object): WhylightError =>
  new WhylightError('unprocessable_method', `${message} Use the whole model, or prepare it anew.`, { ...details });

/**
 * Makes a model of prepared facts. Its graph has inputs and outputs, and no nodes.
 * @returns a model that explains what it was prepared for; whatever needs the nodes throws `unprocessable_method`
 */
export function preparedModel(facts: PreparedFacts, weights: PreparedWeights): Model {
  const { name, version, digest, file, description, places, metadata, preprocessing, fixedBatch, labels } = facts;
  const graph: Graph = {
    name,
    opsets: {},
    inputs: facts.inputs,
    outputs: facts.outputs,
    nodes: [],
    constants: new Map(),
  };
  const info = infoOf(facts);
  const model: Pick<Model, keyof Model> = {
    ...{ name, version, digest, file, description, places, metadata, preprocessing, fixedBatch, graph },
    manifest: {},
    labels: labels && new Labels(labels.names, labels.offset),
    rounding: facts.rounding[0],
    constantBytes: (constant) => (Object.hasOwn(weights, constant) ? weights[constant]?.data : undefined),
    idTables: new Map(),
    gaps: new Set(facts.gaps),
    info: ({ scores = 'logits', output = info.output }: InfoOptions = {}) => {
      if (['logits', info.scores.name].includes(scores) && output === info.output) return info;
      throw refused(`The model was prepared for the scores "${info.scores.name}", not for ${quoted(scores)}.`, {
        scores,
      });
    },
    corrected(corrections: Corrections = {}) {
      if (isEmpty(corrections)) return this as Model;
      throw refused('The facts of a prepared model cannot be corrected by a request.');
    },
    withTensor(tensor) {
      throw refused(`A prepared model has no graph to add "${tensor}" to.`);
    },
    withConstants: () => Promise.reject(refused('A prepared model has no graph to change the weights of.')),
  };
  // Private members of Model are read by its own methods alone, and none of these is called here.
  return model as Model;
}

function infoOf({ info, tensors, rulesets }: PreparedFacts): BoundInfo {
  const known = new Map(tensors.map((entry) => [entry.tensor.name, entry]));
  return {
    ...info,
    camLayerOf: () => info.camLayer,
    layout: (name) => known.get(name)?.layout,
    get graph(): Graph {
      throw refused('The method reads the graph of the model, which a prepared model does not have.');
    },
    tensor(name) {
      const found = known.get(name);
      if (found) return found.tensor;
      throw new WhylightError('layer_not_found', `The model was prepared without a tensor ${quoted(name)}.`, {
        tensor: name,
        tensors: [...known.keys()],
      });
    },
    ruleset(id) {
      const traits = rulesets[id];
      // The rules are part of the graph already.
      if (traits) return { ...traits, id, title: id, rule: () => undefined };
      throw refused(`The model was prepared without the ruleset "${id}".`, { ruleset: id });
    },
  };
}
