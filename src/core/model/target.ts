/** From what a client asks to be explained to a weighting of the model's scores. */
import { quoted, WhylightError } from '../errors.ts';
import type { Labels } from './labels.ts';
import { type Dense, denseLayout, type ScoreSpace } from './score-space.ts';
import type { Target } from './target-request.ts';
import { invalid, isElements, parseTarget, type RegionRequest, type TargetRequest } from './target-request.ts';

/** Weight of each class, as the output counts them. */
type ClassWeights = ReadonlyMap<number, number>;

/**
 * On a dense output a class without a region is its score over all positions.
 * @param row the input's own scores, for targets that follow the prediction
 * @throws WhylightError `label_not_found` with the nearest names, or with the range for an index outside of it;
 * `invalid_request` for a region that does not fit the output, and for weights that are too large.
 */
export function resolveTarget(given: TargetRequest, space: ScoreSpace, row?: ArrayLike<number>): Target {
  const target = targetOf(given, space, row);
  const tooLarge = target.weights.find(({ weight }) => !(Math.abs(weight) <= MAX_WEIGHT));
  if (tooLarge) throw invalid(`the weight ${tooLarge.weight} is larger than ${MAX_WEIGHT}`);
  return target;
}

/** Far enough from what float32 holds that gradients do not overflow. */
const MAX_WEIGHT = 1e12;

function targetOf(given: TargetRequest, space: ScoreSpace, row: ArrayLike<number> | undefined): Target {
  const request = parseTarget(given);
  if (typeof request === 'object') return regionTarget(request, space, row);
  if (
    typeof request === 'string' &&
    request.trim().toLowerCase() === 'sum' &&
    classNamed(request, space) === undefined
  ) {
    return { label: 'sum', weights: Array.from({ length: space.size }, (_, index) => ({ index, weight: 1 })) };
  }
  const classes = classWeights(request, space);
  const one = onlyClass(classes);
  const named = one === undefined ? { label: String(request) } : describe(one, space);
  return { ...named, weights: space.dense ? overPositions(classes, space.dense) : listed(classes) };
}

/** The target of one element of the scores. */
export function outputTarget(element: number, space: ScoreSpace): Target {
  const { output } = space.dense?.place(element) ?? { output: element };
  return { ...describe(output, space), weights: [{ index: element, weight: 1 }] };
}

/** The score of a target in one row of scores. */
export const scoreOf = ({ weights }: Target, row: ArrayLike<number>): number =>
  weights.reduce((sum, { index, weight }) => sum + weight * (row[index] as number), 0);

function regionTarget(request: RegionRequest, space: ScoreSpace, row: ArrayLike<number> | undefined): Target {
  if (isElements(request.weights)) return elementsTarget(request.weights, space);
  const dims = space.scores.dims.map(Number);
  const { class_axis: axis } = request;
  if (axis !== undefined && axis >= dims.length) throw invalid(`the scores [${dims.join(', ')}] have no axis ${axis}`);
  const dense = axis === undefined ? space.dense : denseLayout(dims, space.labels, axis);
  const placed = request.box ?? request.mask ?? request.position;
  if (!dense && placed !== undefined) throw invalid(`the scores [${dims.join(', ')}] are classes without positions`);
  const within = dense ? { ...space, dense } : space;
  const classes = request.weights
    ? weightedClasses(request.weights, within)
    : classWeights(request.class as number | string, within);
  const one = onlyClass(classes);
  const named = one === undefined ? { label: String(request.class ?? 'weighted') } : describe(one, within);
  if (!dense) return { ...named, weights: listed(classes) };
  const region = regionOf(request, dense, classes, row);
  const area = request.reduce === 'mean' ? sumOf(region.values()) : 1;
  return { ...named, weights: overPositions(classes, dense, region, area || 1) };
}

/** Weight of each position; those that are left out have none. */
function regionOf(
  { box, mask, position }: RegionRequest,
  dense: Dense,
  classes: ClassWeights,
  row: ArrayLike<number> | undefined,
): ReadonlyMap<number, number> {
  if (box) return boxRegion(box, dense.extents);
  if (position !== undefined) return new Map([[positionOf([position].flat(), dense), 1]]);
  if (mask === 'predicted') return row ? predictedRegion(row, dense, classes) : everywhere(dense);
  if (!mask) return everywhere(dense);
  if (mask.length !== dense.positions) {
    throw invalid(`the mask has ${mask.length} numbers, the output [${dense.extents.join(', ')}] ${dense.positions}`);
  }
  const region = new Map([...mask.entries()].filter(([, weight]) => weight !== 0));
  if (region.size === 0) throw invalid('the mask is empty');
  return region;
}

const everywhere = ({ positions }: Dense): Map<number, number> =>
  new Map(Array.from({ length: positions }, (_, position) => [position, 1]));

/** Cells whose centre lies in the box, over the last axes of the positions and all of the others. */
function boxRegion(box: readonly number[], extents: readonly number[]): Map<number, number> {
  const axes = box.length / 2;
  if (!Number.isInteger(axes) || axes > extents.length) {
    throw invalid(`a box over [${extents.join(', ')}] has ${extents.length > 1 ? 'four numbers' : 'two numbers'}`);
  }
  const region = new Map<number, number>();
  const positions = extents.reduce((a, b) => a * b, 1);
  for (let position = 0; position < positions; position++) {
    let [rest, inside] = [position, true];
    // The box names the innermost axis first: left and right, then top and bottom.
    for (let i = 0; i < axes; i++) {
      const extent = extents[extents.length - 1 - i] as number;
      const centre = (rest % extent) + 0.5;
      inside &&= centre > (box[i] as number) && centre < (box[axes + i] as number);
      rest = Math.floor(rest / extent);
    }
    if (inside) region.set(position, 1);
  }
  if (region.size === 0) throw invalid(`the box [${box.join(', ')}] holds no cell of [${extents.join(', ')}]`);
  return region;
}

function positionOf(place: readonly number[], { extents, positions }: Dense): number {
  const flat =
    place.length === 1
      ? (place[0] as number)
      : place.reduce((sum, at, i) => (at < (extents[i] ?? 0) ? sum * (extents[i] as number) + at : Number.NaN), 0);
  if ((place.length === 1 || place.length === extents.length) && flat < positions) return flat;
  throw invalid(`the output [${extents.join(', ')}] has no position ${place.join(', ')}`);
}

/** Positions at which one of the classes scores highest; all positions where none does. */
function predictedRegion(row: ArrayLike<number>, dense: Dense, classes: ClassWeights): Map<number, number> {
  const region = new Map<number, number>();
  for (let position = 0; position < dense.positions; position++) {
    let best = 0;
    for (let output = 1; output < dense.classes; output++) {
      if ((row[dense.element(output, position)] as number) > (row[dense.element(best, position)] as number))
        best = output;
    }
    if (classes.has(best)) region.set(position, 1);
  }
  return region.size > 0 ? region : everywhere(dense);
}

function overPositions(
  classes: ClassWeights,
  dense: Dense,
  region: ReadonlyMap<number, number> = everywhere(dense),
  by = 1,
): Target['weights'] {
  return [...classes].flatMap(([output, weight]) =>
    [...region].map(([position, share]) => ({ index: dense.element(output, position), weight: (weight * share) / by })),
  );
}

const listed = (classes: ClassWeights): Target['weights'] => [...classes].map(([index, weight]) => ({ index, weight }));

/** The only class, when it has the weight 1. */
function onlyClass(classes: ClassWeights): number | undefined {
  const [first] = classes;
  return classes.size === 1 && first?.[1] === 1 ? first[0] : undefined;
}

function describe(output: number, { labels }: ScoreSpace): Pick<Target, 'index' | 'label'> {
  const label = labels?.at(output);
  return { index: output - (labels?.offset ?? 0), ...(label !== undefined && { label }) };
}

/** A class, or an expression of classes: `a`, `a - b`, `0.5*a + b`. */
function classWeights(request: number | string, space: ScoreSpace): ClassWeights {
  if (typeof request === 'number') return new Map([[outputOf(request, space), 1]]);
  const whole = classNamed(request, space);
  if (whole !== undefined) return new Map([[outputOf(whole, space), 1]]);
  const terms = request.split(/\s([+-])\s/);
  const weights = new Map<number, number>();
  for (let i = 0; i < terms.length; i += 2) {
    const term = terms[i] as string;
    const [, factor = '1', name = term] = /^\s*(-?[\d.]+(?:e[+-]?\d+)?)\s*\*(.+)$/.exec(term) ?? [];
    const index = classNamed(name, space);
    if (index === undefined) throw unknownLabel(name, space);
    if (!Number.isFinite(Number(factor))) throw invalid(`the weight ${factor} is no finite number`);
    const output = outputOf(index, space);
    weights.set(output, (weights.get(output) ?? 0) + Number(factor) * (terms[i - 1] === '-' ? -1 : 1));
  }
  return weights;
}

function weightedClasses(byName: Readonly<Record<string, number>>, space: ScoreSpace): ClassWeights {
  return new Map(
    Object.entries(byName).map(([name, weight]) => {
      const index = classNamed(name, space);
      if (index === undefined) throw unknownLabel(name, space);
      return [outputOf(index, space), weight];
    }),
  );
}

function classNamed(text: string, { labels }: ScoreSpace): number | undefined {
  return labels?.find(text) ?? (/^-?\d+$/.test(text.trim()) ? Number(text) : undefined);
}

/** Index of a class in the output. */
function outputOf(index: number, { labels, dense, size }: ScoreSpace): number {
  const offset = labels?.offset ?? 0;
  const classes = dense?.classes ?? size;
  if (Number.isInteger(index) && index + offset >= 0 && index + offset < classes) return index + offset;
  throw noClass(`There is no class ${index}: the model has the classes ${-offset} to ${classes - offset - 1}.`, {
    target: index,
    minimum: -offset,
    maximum: classes - offset - 1,
  });
}

function elementsTarget(weights: Target['weights'], { size }: ScoreSpace): Target {
  if (weights.length === 0) {
    const message = 'The target has no weights: name at least one element of the scores.';
    throw noClass(message, { minimum: 0, maximum: size - 1 });
  }
  const wrong = weights.find(({ index }) => index >= size);
  if (!wrong) return { weights };
  throw noClass(
    `The scores have elements 0 to ${size - 1}, each with a finite weight: ${JSON.stringify(wrong)} is none of them.`,
    { minimum: 0, maximum: size - 1 },
  );
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

const noClass = (message: string, details: Record<string, unknown>): WhylightError =>
  new WhylightError('label_not_found', message, { ...details, issues: [{ parameter: 'target', message }] });

function unknownLabel(label: string, { labels, dense, size }: ScoreSpace): WhylightError {
  const margin = labels && marginOf(label, labels);
  const close = margin !== undefined ? [margin] : (labels?.nearest(label) ?? []);
  const offset = labels?.offset ?? 0;
  const classes = dense?.classes ?? size;
  const hint = !labels
    ? `The model comes without class names: give an index from 0 to ${classes - 1}.`
    : close.length > 0
      ? `Did you mean ${close.map((name) => `"${name}"`).join(' or ')}?`
      : `Give one of its names, or an index from ${-offset} to ${classes - offset - 1}.`;
  return noClass(`The model has no class named ${quoted(label)}. ${hint}`, {
    label,
    nearest: close,
  });
}

/** The margin that a label without spaces around the minus was meant as: `a - b` for `a-b`, where both are classes. */
function marginOf(label: string, labels: Labels): string | undefined {
  const names = new Set(labels.names.flatMap((own) => [own, ...own.split(',')]).map((own) => own.trim().toLowerCase()));
  const isKnown = (name: string): boolean => names.has(name.trim().toLowerCase());
  for (let at = label.indexOf('-'); at >= 0; at = label.indexOf('-', at + 1)) {
    const [first, second] = [label.slice(0, at), label.slice(at + 1)];
    if (isKnown(first) && isKnown(second)) return `${first.trim()} - ${second.trim()}`;
  }
  return undefined;
}
