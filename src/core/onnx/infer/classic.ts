/**
 * Operators of classic machine learning, ai.onnx.ml: trees, linear models, encoders.
 * @see https://github.com/onnx/onnx/blob/main/docs/Operators-ml.md
 */
import { intAttribute, intsAttribute } from '../attributes.ts';
import { product } from '../dims.ts';
import type { Dim, Node } from '../graph.ts';
import { each, ofType, type Rule, type Rules, required, sameType, unknownDim } from './rule.ts';

/** Rows of the input: a table of one dimension is a single row. */
const rowsOf = (dims: readonly Dim[] | undefined): Dim[] =>
  dims === undefined ? [] : dims.length > 1 ? [dims[0] as Dim] : [1];

/** Length of the list that a node has under one of these names: numbers or words. */
function listLength(node: Node, ...names: readonly string[]): number {
  for (const name of names) {
    const attribute = node.attributes[name];
    if (attribute?.type === 'ints' || attribute?.type === 'strings') return attribute.value.length;
    if (attribute?.type === 'encoded') return attribute.value.count();
  }
  return 0;
}

/** Labels and scores of a classifier. Labels may be words, which have no type here: nothing computes with them. */
const classifier: Rule = (node, inputs) => {
  const { dims } = required(node, inputs, 0);
  const classes = listLength(node, 'classlabels_int64s', 'classlabels_ints', 'classlabels_strings');
  const rows = rowsOf(dims);
  return [ofType('int64', dims && rows), ofType('float32', dims && [...rows, classes || unknownDim(node, 1, 1)])];
};

/** One number for each row and target. */
const regressor =
  (targets: string): Rule =>
  (node, inputs) => {
    const { dims } = required(node, inputs, 0);
    return [ofType('float32', dims && [...rowsOf(dims), intAttribute(node, targets, 1)])];
  };

/** One number for each row and target, of the input's dtype. */
const treeEnsemble: Rule = (node, inputs, scope) => {
  const [scores] = regressor('n_targets')(node, inputs, scope);
  return [ofType(required(node, inputs, 0).dtype, scores?.dims)];
};

/** float32 in the shape of the input. */
const scaled: Rule = (node, inputs) => [ofType('float32', required(node, inputs, 0).dims)];

const labelEncoder: Rule = (node, inputs) => {
  const dtype = listLength(node, 'values_int64s', 'cats_int64s') > 0 ? 'int64' : 'float32';
  return [ofType(dtype, required(node, inputs, 0).dims)];
};

/** A last axis that counts the categories. */
const oneHot: Rule = (node, inputs) => {
  const { dims } = required(node, inputs, 0);
  return [ofType('float32', dims && [...dims, listLength(node, 'cats_int64s', 'cats_strings')])];
};

/** The inputs side by side, as one matrix. */
const featureVectorizer: Rule = (node, inputs) => {
  const widths = intsAttribute(node, 'inputdimensions', []);
  const total = widths.reduce((a, b) => a + b, 0);
  const { dims } = required(node, inputs, 0);
  return [ofType('float32', dims && [...rowsOf(dims), total || unknownDim(node, 1)])];
};

/** Elements of the last axis, by index. */
const featureExtractor: Rule = (node, inputs) => {
  const { dtype, dims } = required(node, inputs, 0);
  const picks = inputs[1]?.dims;
  const rows = dims && dims.length > 1 ? dims.slice(0, -1) : [1];
  return [ofType(dtype, dims && picks && [...rows, product(picks)])];
};

const svmClassifier: Rule = (node, inputs) => {
  const { dims } = required(node, inputs, 0);
  const classes = listLength(node, 'classlabels_ints', 'classlabels_strings');
  const probabilities = node.attributes.prob_a?.type === 'floats' && node.attributes.prob_a.value.length > 0;
  // Without probabilities there is a vote for each pair of classes.
  const width = probabilities || classes === 2 ? classes : (classes * (classes - 1)) / 2;
  return [ofType('int64', dims && rowsOf(dims)), ofType('float32', dims && [...rowsOf(dims), width])];
};

export const classic: Rules = {
  ...each('TreeEnsembleClassifier LinearClassifier', classifier),
  SVMClassifier: svmClassifier,
  TreeEnsembleRegressor: regressor('n_targets'),
  TreeEnsemble: treeEnsemble,
  LinearRegressor: regressor('targets'),
  SVMRegressor: regressor('targets'),
  ...each('Scaler Normalizer', scaled),
  ...each('Imputer Binarizer', sameType),
  ...each('LabelEncoder CategoryMapper', labelEncoder),
  OneHotEncoder: oneHot,
  FeatureVectorizer: featureVectorizer,
  ArrayFeatureExtractor: featureExtractor,
};
