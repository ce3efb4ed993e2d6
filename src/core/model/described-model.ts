/**
 * Models that are restored from facts kept beside their file: the file is parsed where a request needs its nodes, and
 * not before. Most requests run a stored graph and need none.
 */
import type { Graph } from '../onnx/graph.ts';
import { isEmpty } from './corrections.ts';
import { Labels } from './labels.ts';
import type { BoundInfo, Model } from './model.ts';
import { registeredRuleset } from './named-ruleset.ts';
import type { PreparedFacts } from './prepared-model.ts';
import type { SizedManifest } from './sized-manifest.ts';

/** Place of a constant's bytes in the files of a model. */
export interface ConstantPlace {
  /** Index of the file: 0 for the ONNX file, then its external data in the manifest's order. */
  readonly file: number;
  readonly offset: number;
  readonly size: number;
}

/** Facts about a model without open shapes and without ids, as plain data. */
export interface DescribedFacts extends Omit<PreparedFacts, 'info' | 'rulesets'> {
  readonly manifest: SizedManifest;
  readonly info: PreparedFacts['info'] & Pick<BoundInfo, 'concepts'>;
  /** True where the places of the image are followed through the graph, so that layers may have a layout. */
  readonly placed: boolean;
  /** True where the file computes in float16. */
  readonly computesHalf?: boolean;
  /** Constants of the graph whose bytes are those of a file, by name. */
  readonly constants: Readonly<Record<string, ConstantPlace>>;
}

/**
 * Makes a model of its facts.
 * @param files bytes of the files that constants lie in
 * @param read reads the model from its files; called where the facts do not answer, until it has returned once
 * @returns a model that answers as the one that `read` returns
 */
export function describedModel(facts: DescribedFacts, files: readonly Uint8Array[], read: () => Model): Model {
  const { name, version, digest, file, description, places, metadata, manifest } = facts;
  const { preprocessing, fixedBatch, labels, rounding } = facts;
  let whole: Model | undefined;
  const wholeModel = (): Model => (whole ??= read());
  const graph = lazyGraph(facts, () => wholeModel().graph);
  const info = infoOf(facts, graph, () => wholeModel().info());
  const model: Pick<Model, keyof Model> = {
    ...{ name, version, digest, file, description, places, metadata, manifest, preprocessing, fixedBatch, graph },
    labels: labels && new Labels(labels.names, labels.offset),
    rounding: rounding[0],
    idTables: new Map(),
    gaps: new Set(facts.gaps),
    info(options = {}) {
      const { scores = 'logits', output = info.output, hold = [] } = options;
      const isDescribed = scores === 'logits' && output === info.output && hold.length === 0;
      return isDescribed ? info : wholeModel().info(options);
    },
    corrected: (corrections = {}) => (isEmpty(corrections) ? (model as Model) : wholeModel().corrected(corrections)),
    withTensor: (tensor, build) =>
      graph.outputs.some((known) => known.name === tensor) ? (model as Model) : wholeModel().withTensor(tensor, build),
    withConstants: (constants, change) => wholeModel().withConstants(constants, change),
    constantBytes(constant) {
      const place = Object.hasOwn(facts.constants, constant) ? facts.constants[constant] : undefined;
      const bytes = place && files[place.file]?.subarray(place.offset, place.offset + place.size);
      return bytes ?? wholeModel().constantBytes(constant);
    },
  };
  // Private members of Model are read by its own methods alone, and none of these is called here.
  return model as Model;
}

/** The graph with inputs and outputs at hand; everything else is read with the file. */
function lazyGraph({ inputs, outputs, computesHalf }: DescribedFacts, read: () => Graph): Graph {
  return {
    inputs,
    outputs,
    get name() {
      return read().name;
    },
    get opsets() {
      return read().opsets;
    },
    get nodes() {
      return read().nodes;
    },
    get constants() {
      return read().constants;
    },
    get declared() {
      return read().declared;
    },
    ...(computesHalf && { computesHalf }),
  } as Graph;
}

function infoOf(facts: DescribedFacts, graph: Graph, read: () => BoundInfo): BoundInfo {
  const { info, tensors, placed } = facts;
  const known = new Map(tensors.map((entry) => [entry.tensor.name, entry]));
  return {
    ...info,
    graph,
    camLayerOf: (element) => (element === undefined ? info.camLayer : read().camLayerOf(element)),
    ...(placed && { layout: (name: string) => known.get(name)?.layout ?? read().layout?.(name) }),
    tensor: (name) => known.get(name)?.tensor ?? read().tensor(name),
    ruleset: registeredRuleset,
  };
}
