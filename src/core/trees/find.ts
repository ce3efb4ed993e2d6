/** Finds the tree ensemble whose score a tensor of a graph is. */
import { WhylightError } from '../errors.ts';
import { constantValues } from '../onnx/constant.ts';
import type { Graph, Node } from '../onnx/graph.ts';
import type { TreeEnsemble } from './ensemble.ts';
import { mergeEnsembles, type Part, withPost } from './merge.ts';
import { isTreeEnsemble, type ReadTreesOptions, readEnsemble } from './read.ts';

export interface TreeScore {
  readonly ensemble: TreeEnsemble;
  /** The tensor that the trees read: [N, columns]. */
  readonly features: string;
}

/** Operators that leave the values as they are. */
const TRANSPARENT = new Set([
  'Identity',
  'Cast',
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'Flatten',
  'Dropout',
  'ai.onnx.ml.ZipMap',
]);

/**
 * The trees whose score is the tensor: a tree ensemble's output, or a sum of several with constant factors (boosted trees
 * are exported in parts), through Identity, Cast and Reshape, and perhaps one last Exp, Sigmoid or Softmax.
 *
 * @throws WhylightError `unprocessable_method` with the operator in the way
 * @example
 * const { ensemble, features } = findTrees(model.graph, 'probabilities');
 */
export function findTrees(graph: Graph, tensor: string, options: ReadTreesOptions = {}): TreeScore {
  const search = new Search(graph, options);
  const last = search.producer(search.through(tensor));
  const post =
    last?.op === 'Exp' ? 'exp' : last?.op === 'Sigmoid' ? 'logistic' : last?.op === 'Softmax' ? 'softmax' : undefined;
  const { parts, offset, features } = search.sum(post ? (last?.inputs[0] as string) : tensor);
  const ensemble = mergeEnsembles(parts, offset);
  return { ensemble: post ? withPost(ensemble, post) : ensemble, features };
}

/** Tells if {@link findTrees} finds any. */
export function hasTrees(graph: Graph, tensor: string): boolean {
  try {
    findTrees(graph, tensor);
    return true;
  } catch (error) {
    if (WhylightError.is(error, 'unprocessable_method')) return false;
    throw error;
  }
}

interface Sum {
  readonly parts: readonly Part[];
  readonly offset: number;
  readonly features: string;
}

class Search {
  private readonly graph: Graph;
  private readonly options: ReadTreesOptions;
  private readonly producers: ReadonlyMap<string, Node>;

  constructor(graph: Graph, options: ReadTreesOptions) {
    this.graph = graph;
    this.options = options;
    this.producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node])));
  }

  producer(tensor: string): Node | undefined {
    return this.producers.get(tensor);
  }

  /** The tensor in front of operators that leave the values as they are. */
  through(tensor: string): string {
    let name = tensor;
    for (let node = this.producer(name); node && TRANSPARENT.has(keyOf(node)); node = this.producer(name)) {
      name = node.inputs[0] as string;
    }
    return name;
  }

  sum(tensor: string): Sum {
    const name = this.through(tensor);
    const node = this.producer(name);
    if (!node) return this.refuse(`"${tensor}" is none`);
    if (isTreeEnsemble(node)) return this.trees(node, name);
    switch (keyOf(node)) {
      case 'Add':
      case 'Sum':
      case 'Sub':
      case 'Mean':
        return this.add(node);
      case 'Mul':
      case 'Div':
        return this.scale(node);
      default:
        return this.refuse(`"${name}" is computed by ${keyOf(node)} "${node.name}"`, node);
    }
  }

  private trees(node: Node, output: string): Sum {
    const [features] = node.inputs as [string];
    if (node.op === 'TreeEnsembleClassifier' && output === node.outputs[0]) {
      return this.refuse(`"${output}" is the label of ${node.op} "${node.name}", not its score`, node);
    }
    return { parts: [{ ensemble: readEnsemble(node, this.options), factor: 1 }], offset: 0, features };
  }

  private add(node: Node): Sum {
    const terms = node.inputs.map((name) => this.scalar(name) ?? this.sum(name));
    const features = terms
      .map((term) => (typeof term === 'number' ? undefined : term.features))
      .find((name) => name !== undefined);
    if (features === undefined) return this.refuse(`${node.op} "${node.name}" adds constants`, node);
    let offset = 0;
    const parts: Part[] = [];
    for (const [i, term] of terms.entries()) {
      const factor = node.op === 'Mean' ? 1 / terms.length : node.op === 'Sub' && i === 1 ? -1 : 1;
      if (typeof term === 'number') {
        offset += factor * term;
        continue;
      }
      if (term.features !== features) {
        return this.refuse(`${node.op} "${node.name}" adds trees over "${features}" and over "${term.features}"`, node);
      }
      offset += factor * term.offset;
      parts.push(...term.parts.map((part) => ({ ...part, factor: factor * part.factor })));
    }
    return { parts, offset, features };
  }

  private scale(node: Node): Sum {
    const [left, right] = node.inputs.map((name) => this.scalar(name)) as [number | undefined, number | undefined];
    const by = node.op === 'Div' ? right && 1 / right : (right ?? left);
    if (by === undefined) return this.refuse(`${node.op} "${node.name}" is no product with a constant`, node);
    const sum = this.sum(node.inputs[right === undefined ? 1 : 0] as string);
    return { ...sum, offset: by * sum.offset, parts: sum.parts.map((part) => ({ ...part, factor: by * part.factor })) };
  }

  /** The number that a constant holds, in all of its elements. */
  private scalar(name: string): number | undefined {
    const constant = this.graph.constants.get(this.through(name));
    if (!constant) return undefined;
    const [first, ...others] = Array.from(constantValues(constant));
    return others.every((value) => value === first) ? first : undefined;
  }

  private refuse(reason: string, node?: Node): never {
    throw new WhylightError(
      'unprocessable_method',
      `TreeSHAP needs a score that is a tree ensemble's, or a sum of such: ${reason}. Use kernel_shap or shapley_sampling.`,
      { node: node?.name, op: node?.op },
    );
  }
}

const keyOf = ({ domain, op }: Node): string => (domain === '' ? op : `${domain}.${op}`);
