/**
 * A decision tree of depth 4 that scikit-learn fitted to Fisher's irises, with rows, background rows and what the SHAP
 * package and the definition of Shapley values give for them. Columns: sepal length, sepal width, petal length, petal
 * width, in cm. Classes: setosa, versicolor, virginica.
 */
import { readFileSync } from 'node:fs';
import { classifier, leaf, split } from './ensembles.ts';

/** Expected value and values by class, rows and columns. */
interface Values {
  readonly expected: number[];
  readonly values: number[][][];
}

const VALUES: Readonly<Record<'interventional' | 'pathDependent', Values>> & { readonly background: number[][] } =
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

export const BACKGROUND: number[][] = VALUES.background;

/** Expected value and values by class, rows and columns: absent columns take the background rows' values in turn. */
export const INTERVENTIONAL = VALUES.interventional;

/** The same where absent columns are averaged by the counts of training rows. */
export const PATH_DEPENDENT = VALUES.pathDependent;
