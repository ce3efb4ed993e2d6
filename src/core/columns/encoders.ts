/** Rules of encoders and imputers, which also tell what an input column may hold. */
import { intAttribute, intsAttribute, stringsAttribute } from '../onnx/attributes.ts';
import { elementwise } from './arithmetic.ts';
import type { Columns } from './columns.ts';
import type { Rule, Rules, Scope } from './rule.ts';

/** A column for each category: a further axis behind the data. */
const oneHot: Rule = ([data], node, scope) => {
  if (!data) return undefined;
  const words = stringsAttribute(node, 'cats_strings', []);
  const categories = words.length > 0 ? words : intsAttribute(node, 'cats_int64s', []);
  noteCategories(data, categories, intAttribute(node, 'zeros', 1) === 1, scope);
  return [
    {
      dims: [...data.dims, categories.length],
      origins: data.origins.flatMap((origin) => categories.map(() => ({ ...origin, untouched: false }))),
    },
  ];
};

/** Words become numbers, or numbers words. */
const labelEncoder: Rule = ([data], node, scope) => {
  if (!data) return undefined;
  const words = stringsAttribute(node, 'keys_strings', []);
  const keys = words.length > 0 ? words : intsAttribute(node, 'keys_int64s', []);
  const answersUnknown = Object.keys(node.attributes).some((name) => name.startsWith('default_'));
  if (keys.length > 0) noteCategories(data, keys, answersUnknown, scope);
  return elementwise([data], node, scope);
};

const imputer: Rule = ([data], node, scope) => {
  for (const { sources, untouched } of data?.origins ?? []) {
    const source = scope.sources[sources[0] as number];
    if (untouched && source) source.imputed = true;
  }
  return elementwise([data], node, scope);
};

/** Facts hold for an input column only where nothing was done with it before. */
function noteCategories(
  data: Columns,
  categories: readonly (string | number)[],
  unknownAllowed: boolean,
  { sources }: Scope,
): void {
  for (const origin of data.origins) {
    const source = sources[origin.sources[0] as number];
    if (!origin.untouched || !source) continue;
    source.categories = source.categories ? [...new Set([...source.categories, ...categories])] : categories;
    source.unknownAllowed = unknownAllowed && source.unknownAllowed !== false;
  }
}

export const encoders: Rules = {
  'ai.onnx.ml.Imputer': imputer,
  'ai.onnx.ml.LabelEncoder': labelEncoder,
  'ai.onnx.ml.CategoryMapper': labelEncoder,
  'ai.onnx.ml.OneHotEncoder': oneHot,
};
