/**
 * A decision tree of depth 4 that scikit-learn fitted to Fisher's irises, with rows, background rows and what the SHAP
 * package and the definition of Shapley values give for them. Columns: sepal length, sepal width, petal length, petal
 * width, in cm. Classes: setosa, versicolor, virginica.
 */
import { readFileSync } from 'node:fs';
import { classifier, leaf, split } from './ensembles.ts';

/** Expected value and values by class, rows and columns. */
const VALUES: Readonly<Record<'interventional' | 'pathDependent', { expected: number[]; values: number[][][] }>> =
  JSON.parse(readFileSync(new URL('./iris.json', import.meta.url), 'utf8'));

const pure = (species: number, count: number) => leaf({ 0: 0, 1: 0, 2: 0, [species]: 1 }, count);

/** Counts are those of the 150 irises that it was fitted to. */
export const IRIS_TREE = classifier(3, [
  split(
    3,
    0.800000011920929,
    pure(0, 50),
    split(
      3,
      1.75,
      split(
        2,
        4.949999809265137,
        split(3, 1.649999976158142, pure(1, 47), pure(2, 1), { count: 48 }),
        split(3, 1.5499999523162842, pure(2, 3), leaf({ 0: 0, 1: 2 / 3, 2: 1 / 3 }, 3), { count: 6 }),
        { count: 54 },
      ),
      split(2, 4.849999904632568, split(0, 5.949999809265137, pure(1, 1), pure(2, 2), { count: 3 }), pure(2, 43), {
        count: 46,
      }),
      { count: 100 },
    ),
    { count: 150 },
  ),
]);

export const ROWS = [
  [6.4, 3.2, 5.3, 2.3],
  [4.9, 3.1, 1.5, 0.2],
  [5.2, 4.1, 1.5, 0.1],
  [6.3, 2.7, 4.9, 1.8],
  [6.6, 3.0, 4.4, 1.4],
  [6.3, 3.4, 5.6, 2.4],
];

export const BACKGROUND = [
  [5.7, 3.8, 1.7, 0.3],
  [7.7, 2.8, 6.7, 2.0],
  [5.0, 2.3, 3.3, 1.0],
  [5.1, 3.3, 1.7, 0.5],
  [5.0, 2.0, 3.5, 1.0],
  [6.5, 3.0, 5.5, 1.8],
  [5.5, 3.5, 1.3, 0.2],
  [7.2, 3.0, 5.8, 1.6],
  [7.3, 2.9, 6.3, 1.8],
  [6.9, 3.1, 4.9, 1.5],
  [6.8, 3.2, 5.9, 2.3],
  [5.9, 3.2, 4.8, 1.8],
  [4.9, 3.6, 1.4, 0.1],
  [6.2, 2.9, 4.3, 1.3],
  [6.3, 3.3, 6.0, 2.5],
  [4.8, 3.0, 1.4, 0.3],
  [7.2, 3.2, 6.0, 1.8],
  [5.7, 2.9, 4.2, 1.3],
  [6.5, 3.2, 5.1, 2.0],
  [5.3, 3.7, 1.5, 0.2],
  [4.3, 3.0, 1.1, 0.1],
  [5.1, 3.4, 1.5, 0.2],
  [5.0, 3.5, 1.6, 0.6],
  [4.4, 3.0, 1.3, 0.2],
  [5.7, 4.4, 1.5, 0.4],
  [5.9, 3.0, 5.1, 1.8],
  [5.6, 2.9, 3.6, 1.3],
  [7.7, 3.8, 6.7, 2.2],
  [6.4, 3.1, 5.5, 1.8],
  [6.6, 2.9, 4.6, 1.3],
  [5.6, 2.5, 3.9, 1.1],
  [7.7, 3.0, 6.1, 2.3],
];

/** Expected value and values by class, rows and columns: absent columns take the background rows' values in turn. */
export const INTERVENTIONAL = VALUES.interventional;

/** The same where absent columns are averaged by the counts of training rows. */
export const PATH_DEPENDENT = VALUES.pathDependent;
