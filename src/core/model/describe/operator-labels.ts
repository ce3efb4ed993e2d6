/** Class names that operators of ai.onnx.ml carry, as scikit-learn, LightGBM and XGBoost converters write them. */
import { intsAttribute, stringsAttribute } from '../../onnx/attributes.ts';
import type { Graph } from '../../onnx/graph.ts';
import type { StatedFacts } from './stated-facts.ts';

const STRINGS = ['classlabels_strings', 'classlabels_string'] as const;
const INTEGERS = ['classlabels_int64s', 'classlabels_ints'] as const;

/** @returns names of the classes of the last classifier; numbers where the classes are numbers */
export function operatorLabels({ nodes }: Graph): StatedFacts {
  const classifier = nodes.findLast(({ domain, op }) => domain === 'ai.onnx.ml' && /Classifier$|^ZipMap$/.test(op));
  if (!classifier) return {};
  for (const key of STRINGS) {
    const names = classifier.attributes[key] ? stringsAttribute(classifier, key, []) : [];
    if (names.length > 0) return { labels: { value: names, source: 'graph' } };
  }
  for (const key of INTEGERS) {
    const numbers = classifier.attributes[key] ? intsAttribute(classifier, key, []) : [];
    // 0, 1, 2 ... say no more than the index does.
    const counted = numbers.every((number, i) => number === i);
    if (numbers.length > 0 && !counted) return { labels: { value: numbers.map(String), source: 'graph' } };
  }
  return {};
}
