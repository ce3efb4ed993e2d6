/** Figures over all inputs, added up one record at a time. */
import { type FeatureMean, FeatureSums } from './feature-sums.ts';
import { unpackMap } from './packed-map.ts';
import type { InputRecord } from './record.ts';

export interface Mean {
  readonly mean: number;
  /** Standard error of the mean; 0 for a single input. */
  readonly error: number;
  readonly count: number;
}

export interface MethodSummary {
  readonly metrics: Readonly<Record<string, Mean>>;
  readonly curves: Readonly<Record<string, { readonly x: readonly number[]; readonly y: readonly number[] }>>;
  readonly sparseness: Mean;
  readonly warnings: Readonly<Record<string, number>>;
  /** By the class that the model says. */
  readonly classes: Readonly<Record<string, ClassSummary>>;
}

export interface ClassSummary {
  readonly count: number;
  readonly centre: number;
  readonly border: number;
  readonly outside?: number;
  /** Mean of the positive parts, each adding up to 1; as shares of the largest value, row by row. */
  readonly map?: { readonly width: number; readonly height: number; readonly values: readonly number[] };
  /** The strongest features of inputs that are no images. */
  readonly features?: readonly FeatureMean[];
}

export interface Summary {
  readonly inputs: number;
  /** Noun for one of them: `image`, `text`. */
  readonly noun: string;
  /** Inputs whose class is known, and those among them that the model gets right. */
  readonly known: number;
  readonly correct: number;
  /** Classes that occur, true ones and said ones. */
  readonly classes: readonly string[];
  /** By true class, then by what the model says. */
  readonly confusion: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly methods: Readonly<Record<string, MethodSummary>>;
}

/** Mean and standard error, one value at a time (Welford 1962). */
class Running {
  count = 0;
  private mean = 0;
  private squares = 0;

  add(value: number): void {
    this.count++;
    const off = value - this.mean;
    this.mean += off / this.count;
    this.squares += off * (value - this.mean);
  }

  get value(): Mean {
    const { count } = this;
    return { mean: this.mean, error: count > 1 ? Math.sqrt(this.squares / (count - 1) / count) : 0, count };
  }
}

interface MethodSums {
  readonly metrics: Map<string, Running>;
  readonly curves: Map<string, { readonly x: readonly number[]; readonly sums: number[]; count: number }>;
  readonly sparseness: Running;
  readonly warnings: Map<string, number>;
  readonly classes: Map<string, ClassSums>;
}

interface ClassSums {
  count: number;
  readonly centre: Running;
  readonly border: Running;
  readonly outside: Running;
  map?: { readonly width: number; readonly height: number; readonly sums: Float64Array };
  features?: FeatureSums;
}

export class SummaryBuilder {
  private readonly noun: string;
  private inputs = 0;
  private known = 0;
  private correct = 0;
  private readonly seen = new Set<string>();
  private readonly confusion = new Map<string, Map<string, number>>();
  private readonly methods = new Map<string, MethodSums>();

  /** @param noun for one input */
  constructor(noun = 'image') {
    this.noun = noun;
  }

  add(record: InputRecord): void {
    const said = saidOf(record);
    this.inputs++;
    this.seen.add(said);
    if (record.truth !== undefined) {
      this.known++;
      this.seen.add(record.truth);
      if (record.truth === said) this.correct++;
      const row = getOr(this.confusion, record.truth, () => new Map<string, number>());
      row.set(said, (row.get(said) ?? 0) + 1);
    }
    for (const [id, one] of Object.entries(record.methods)) {
      const sums = getOr(this.methods, id, newSums);
      sums.sparseness.add(one.sparseness);
      for (const code of one.warnings) sums.warnings.set(code, (sums.warnings.get(code) ?? 0) + 1);
      for (const [metric, value] of Object.entries(one.metrics)) {
        const running = getOr(sums.metrics, metric, () => new Running());
        if (value !== null) running.add(value);
      }
      for (const [metric, { x, y }] of Object.entries(one.curves)) {
        const curve = getOr(sums.curves, metric, () => ({ x, sums: y.map(() => 0), count: 0 }));
        if (curve.sums.length !== y.length) continue;
        curve.count++;
        for (const [i, value] of y.entries()) curve.sums[i] = (curve.sums[i] as number) + value;
      }
      addToClass(getOr(sums.classes, said, newClass), one, record.features);
    }
  }

  finish(): Summary {
    return {
      inputs: this.inputs,
      noun: this.noun,
      known: this.known,
      correct: this.correct,
      classes: [...this.seen].sort(),
      confusion: Object.fromEntries([...this.confusion].map(([truth, row]) => [truth, Object.fromEntries(row)])),
      methods: Object.fromEntries([...this.methods].map(([id, sums]) => [id, methodSummary(sums)])),
    };
  }
}

/** Group of inputs in which the model finds nothing. */
const NOTHING = 'nothing found';

/** The class that the model says: that of its best prediction. */
export const saidOf = ({ top }: InputRecord): string => top[0]?.label ?? NOTHING;

const newSums = (): MethodSums => ({
  metrics: new Map(),
  curves: new Map(),
  sparseness: new Running(),
  warnings: new Map(),
  classes: new Map(),
});

const newClass = (): ClassSums => ({ count: 0, centre: new Running(), border: new Running(), outside: new Running() });

function addToClass(
  sums: ClassSums,
  { mass, map, values: ofFeatures }: InputRecord['methods'][string],
  names: InputRecord['features'],
): void {
  sums.count++;
  if (names && ofFeatures) {
    sums.features ??= new FeatureSums();
    sums.features.add(names, ofFeatures);
  }
  if (mass) {
    sums.centre.add(mass.centre);
    sums.border.add(mass.border);
    if (mass.outside !== undefined) sums.outside.add(mass.outside);
  }
  if (!map) return;
  const { width, height } = map;
  sums.map ??= { width, height, sums: new Float64Array(width * height) };
  if (sums.map.width !== width || sums.map.height !== height) return;
  const values = unpackMap(map);
  const total = values.reduce((all, value) => all + Math.max(0, value), 0) || 1;
  for (const [i, value] of values.entries()) {
    sums.map.sums[i] = (sums.map.sums[i] as number) + Math.max(0, value) / total;
  }
}

function methodSummary({ metrics, curves, sparseness, warnings, classes }: MethodSums): MethodSummary {
  return {
    metrics: Object.fromEntries([...metrics].map(([id, running]) => [id, running.value])),
    curves: Object.fromEntries(
      [...curves].map(([id, { x, sums, count }]) => [id, { x, y: sums.map((sum) => sum / count) }]),
    ),
    sparseness: sparseness.value,
    warnings: Object.fromEntries(warnings),
    classes: Object.fromEntries([...classes].map(([name, sums]) => [name, classSummary(sums)])),
  };
}

function classSummary({ count, centre, border, outside, map, features }: ClassSums): ClassSummary {
  const most = map?.sums.reduce((largest, value) => Math.max(largest, value), 0) || 1;
  return {
    count,
    centre: centre.value.mean,
    border: border.value.mean,
    ...(outside.count > 0 && { outside: outside.value.mean }),
    ...(features && { features: features.strongest(count) }),
    ...(map && {
      map: {
        width: map.width,
        height: map.height,
        values: Array.from(map.sums, (value) => Math.round((value / most) * 1000) / 1000),
      },
    }),
  };
}

function getOr<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
