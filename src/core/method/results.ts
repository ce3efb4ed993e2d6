/** Results of a method beside its values: further maps, an uncertainty, boxes and text. */
import { WhylightError } from '../errors.ts';
import { firstNotFinite } from '../tensor/finite.ts';
import type { Float32Tensors } from '../tensor/rows.ts';

/** Kinds of results that a method may declare in `returns`. */
export const RESULT_KINDS = ['maps', 'uncertainty', 'boxes', 'text'] as const;
/** Kind of a result beside the values: an entry of {@link RESULT_KINDS}. */
export type ResultKind = (typeof RESULT_KINDS)[number];

/** One of several maps of a row: of a class, a layer, an attention head or a concept. */
export interface NamedMap {
  /** Name, unique among the maps of the row: `head 3`. */
  readonly name: string;
  /** Values in the form of {@link Attribution.values}: one tensor, of the same name and shape in every map of the row. */
  readonly values: Float32Tensors;
  /** Number that belongs to the map, such as the score of its class, in the unit that the declaration names. */
  readonly score?: number;
}

/** Box in the explained image. */
export interface NamedBox {
  readonly name: string;
  /** Left, top, right and bottom edge in pixels of the model's image input. */
  readonly box: readonly [number, number, number, number];
  /** Number that belongs to the box, in the unit that the declaration names. */
  readonly score: number;
}

/** Results of one row beside its values. Each kind that is there must be declared by the method. */
export interface Results {
  readonly maps?: readonly NamedMap[];
  /** Standard error of each value, not negative, under the names and in the shapes of the values. */
  readonly uncertainty?: Float32Tensors;
  readonly boxes?: readonly NamedBox[];
  /** One or more sentences about the row: a rule, a caption. */
  readonly text?: string;
}

/** Declaration of the kinds of results that a method may return, each with a phrase that says what it is. */
export type ResultDeclarations = Readonly<Partial<Record<ResultKind, string>>>;

/** Parts of a method that its results are held against. */
interface Declared {
  readonly id: string;
  readonly returns?: ResultDeclarations;
}

/**
 * Holds the results of a row against their declaration and their form.
 * @param values of the row, already checked
 * @param checkValues checks the values of one map as those of the row are
 * @throws WhylightError `method_failed` for a kind that is not declared, and for results of another form
 */
export function checkResults(
  { id, returns = {} }: Declared,
  results: Results,
  values: Float32Tensors,
  checkValues: (values: Float32Tensors) => void,
): void {
  for (const kind of RESULT_KINDS) {
    if (results[kind] !== undefined && returns[kind] === undefined) {
      throw unusable(id, `${kind}, which it does not declare: name the kind in "returns"`);
    }
  }
  const { maps, uncertainty, boxes, text } = results;
  if (maps) checkMaps(id, maps, checkValues);
  if (uncertainty) checkUncertainty(id, uncertainty, values);
  for (const problem of boxes ? boxProblems(boxes) : []) throw unusable(id, problem);
  if (text !== undefined && (typeof text !== 'string' || text.trim() === ''))
    throw unusable(id, 'a text without words');
}

function checkMaps(id: string, maps: readonly NamedMap[], checkValues: (values: Float32Tensors) => void): void {
  const isList: boolean = Array.isArray(maps);
  if (!isList || maps.length === 0) throw unusable(id, 'maps that are no list of at least one map');
  const names = maps.map(({ name }) => name);
  if (names.some((name) => typeof name !== 'string' || name === '') || new Set(names).size < names.length) {
    throw unusable(id, `maps without names of their own: ${names.join(', ')}`);
  }
  const scored = maps.filter(({ score }) => score !== undefined).length;
  if (scored > 0 && scored < maps.length) throw unusable(id, 'a score for some of its maps only');
  const shapes = maps.map(({ values, score, name }) => {
    checkValues(values);
    if (score !== undefined && !Number.isFinite(score)) throw unusable(id, `the score ${score} of the map "${name}"`);
    const entries = Object.entries(values);
    if (entries.length !== 1) throw unusable(id, `${entries.length} tensors for the map "${name}", expected one`);
    return entries.map(([tensor, { dims }]) => `"${tensor}" [${dims.join(', ')}]`).join();
  });
  const other = shapes.find((shape) => shape !== shapes[0]);
  if (other !== undefined) throw unusable(id, `maps of different tensors or shapes: ${shapes[0]} and ${other}`);
}

function checkUncertainty(id: string, uncertainty: Float32Tensors, values: Float32Tensors): void {
  const shapesOf = (tensors: Float32Tensors): string =>
    Object.entries(tensors)
      .map(([name, { dims }]) => `"${name}" [${dims.join(', ')}]`)
      .sort()
      .join(' and ');
  if (shapesOf(uncertainty) !== shapesOf(values)) {
    throw unusable(id, `an uncertainty of ${shapesOf(uncertainty)}, expected ${shapesOf(values)}`);
  }
  for (const [name, { data }] of Object.entries(uncertainty)) {
    const wrong = Math.max(
      firstNotFinite(data),
      data.findIndex((value) => value < 0),
    );
    if (wrong >= 0) throw unusable(id, `the uncertainty ${data[wrong]} of element ${wrong} of "${name}"`);
  }
}

function* boxProblems(boxes: readonly NamedBox[]): Generator<string> {
  if (!Array.isArray(boxes)) yield 'boxes that are no list';
  for (const { name, box, score } of boxes) {
    const isBox = Array.isArray(box) && box.length === 4 && box.every(Number.isFinite) && box[0] <= box[2];
    if (typeof name !== 'string' || name === '') yield 'a box without a name';
    if (!isBox || box[1] > box[3]) yield `the box "${name}" at [${String(box)}], expected left, top, right, bottom`;
    if (!Number.isFinite(score)) yield `the box "${name}" with the score ${score}`;
  }
}

/** Makes the error for results or values that cannot be used. */
export const unusable = (method: string, problem: string): WhylightError =>
  new WhylightError('method_failed', `Method "${method}" returned something unusable: ${problem}.`, {
    method,
    unusable: problem,
  });
