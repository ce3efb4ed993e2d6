/** Semantic segmentation: a class for every pixel. */

import { WhylightError } from '../../core/errors.ts';
import { isIndependent, type OutputFact } from '../../core/model/description.ts';
import type { Prediction, TargetChoice, TaskContext, TaskOutputs, TaskTarget } from '../../core/task/task.ts';
import { type Cells, cellsOf, chosenCells } from '../cells.ts';
import { defineTask } from '../define-task.ts';
import { classExtent, hasInput, positionExtents } from '../evidence.ts';
import { checkedClass, classNamed, numbered, targetNotFound } from '../named-class.ts';
import { bestClass, type Scores, scoresOf } from '../scores.ts';
import { viewOf } from '../upright.ts';
import { labelMap, masksOf } from './label-map.ts';

export default defineTask({
  id: 'segmentation',
  title: 'Semantic segmentation',
  summary: 'A class for every pixel.',
  hasPlaces: true,
  evidence(description) {
    const { explained } = description;
    if (!hasInput(description, 'image') || positionExtents(explained).length !== 2) return 0;
    if (typeof explained.classAxis?.value !== 'number') return 0;
    if (classExtent(explained) === 1) return isIndependent(explained.activation.value) ? 0.7 : 0;
    const sure = explained.labels !== undefined || explained.activation.value === 'softmax';
    return sure ? 0.9 : 0.6;
  },
  read(outputs, context) {
    const segmented = segment(outputs, context);
    const masks = masksOf(segmented.map, segmented.cells, viewOf(context));
    const predictions = classesFound(segmented).map(({ klass, positions }) => {
      const mask = masks.get(klass);
      return { ...meanOver(segmented.scores, klass, positions), ...(mask && { mask }) };
    });
    return predictions.slice(0, context.top);
  },
  target(choice, outputs, context) {
    const segmented = segment(outputs, context);
    if ('point' in choice || 'box' in choice) return placeTarget(choice, segmented, context);
    const klass = chosenClass(choice, segmented);
    const found = classesFound(segmented).find((one) => one.klass === klass);
    return regionTarget(segmented, klass, found?.positions ?? everyPosition(segmented));
  },
});

interface Segmented {
  readonly scores: Scores;
  readonly cells: Cells;
  /** Class of each cell, row by row. */
  readonly map: Int16Array;
}

function segment(outputs: TaskOutputs, { description }: TaskContext): Segmented {
  const scores = scoresOf(outputs, description.explained);
  const cells = cellsOf(scores);
  if (cells?.layers === 1) return { scores, cells, map: labelMap(scores, cells) };
  const { name, shape } = description.explained as OutputFact;
  throw new WhylightError(
    'unprocessable_method',
    `The output "${name}" [${shape.join(', ')}] has no height and width beside its classes: say which axis counts classes (class_axis), or choose another task.`,
  );
}

interface FoundClass {
  readonly klass: number;
  readonly positions: number[];
}

/** Classes that win anywhere, the largest area first, the background last. */
function classesFound({ scores, map, cells }: Segmented): FoundClass[] {
  const byClass = new Map<number, number[]>();
  for (const [i, klass] of map.entries()) {
    if (klass < 0) continue;
    const positions = byClass.get(klass) ?? [];
    positions.push(cells.position(0, Math.floor(i / cells.columns), i % cells.columns));
    byClass.set(klass, positions);
  }
  const last = ({ klass }: FoundClass) => Number(isBackground(klass, scores));
  return [...byClass]
    .map(([klass, positions]) => ({ klass, positions }))
    .sort((a, b) => last(a) - last(b) || b.positions.length - a.positions.length || a.klass - b.klass);
}

/** The class called background; without names, the first of two. */
function isBackground(klass: number, { names, classes }: Scores): boolean {
  return names ? /^_*(background|unlabel+ed)_*$/i.test(names[klass]?.trim() ?? '') : classes === 2 && klass === 0;
}

function meanOver(scores: Scores, klass: number, positions: readonly number[]): Prediction {
  const mean = (value: (position: number) => number) =>
    positions.reduce((sum, position) => sum + value(position), 0) / positions.length;
  const label = scores.names?.[klass];
  const known = scores.probability(klass, positions[0] ?? 0) !== undefined;
  return {
    ...(label !== undefined && { label }),
    class: klass,
    score: mean((position) => scores.data[scores.element(klass, position)] as number),
    ...(known && { probability: mean((position) => scores.probability(klass, position) as number) }),
  };
}

function chosenClass(
  choice: Exclude<TargetChoice, { point: unknown } | { box: unknown }>,
  segmented: Segmented,
): number {
  if ('prediction' in choice) return numbered(classesFound(segmented), choice.prediction).klass;
  return 'class' in choice ? checkedClass(choice.class, segmented.scores) : classNamed(choice.label, segmented.scores);
}

/** The class that wins most of the chosen cells, over these cells. */
function placeTarget(
  choice: Extract<TargetChoice, { point: unknown } | { box: unknown }>,
  segmented: Segmented,
  context: TaskContext,
): TaskTarget {
  const { scores, cells, map } = segmented;
  const chosen = chosenCells(choice, cells, viewOf(context));
  const counts = new Map<number, number>();
  for (const { row, column } of chosen) {
    const klass = map[row * cells.columns + column] as number;
    if (klass >= 0) counts.set(klass, (counts.get(klass) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([a, n], [b, m]) => m - n || a - b);
  if (!most && scores.classes > 1) throw targetNotFound('The chosen place has no class.');
  return regionTarget(
    segmented,
    most?.[0] ?? 0,
    chosen.map(({ row, column }) => cells.position(0, row, column)),
  );
}

/** The mean score of a class over positions. */
function regionTarget(segmented: Segmented, klass: number, positions: readonly number[]): TaskTarget {
  const { scores } = segmented;
  const prediction = classesFound(segmented).findIndex((one) => one.klass === klass);
  const label = scores.names?.[klass];
  const first = positions[0] ?? 0;
  const isProbability = scores.probability(0, first) === scores.data[scores.element(0, first)];
  return {
    output: scores.output,
    weights: positions.map((position) => ({ index: scores.element(klass, position), weight: 1 / positions.length })),
    class: klass,
    winner: (data) => mostFrequent({ ...scores, data }, positions, isProbability ? 0.5 : 0),
    ...(label !== undefined && { label }),
    ...(prediction >= 0 && { prediction }),
  };
}

/** Class of most of the positions; of a single class, 1 where most of their scores are above `limit`. */
function mostFrequent(scores: Scores, positions: readonly number[], limit: number): number {
  const { data, classes, element } = scores;
  const counts = new Map<number, number>();
  for (const position of positions) {
    const klass = classes > 1 ? bestClass(scores, position) : Number((data[element(0, position)] as number) > limit);
    counts.set(klass, (counts.get(klass) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([a, n], [b, m]) => m - n || a - b);
  return most?.[0] ?? 0;
}

const everyPosition = ({ scores }: Segmented): number[] => Array.from({ length: scores.positions }, (_, i) => i);
