/** Share of an attribution by feature group: coarse enough to say nothing of one input, and alike for all inputs. */
import type { ExplainedRow } from '../../core/explainer/explanation.ts';
import type { Feature, Features } from '../../core/modality/modality.ts';
import type { ModalityId } from '../../core/model/description.ts';
import type { Inputs } from '../../core/tensor/rows.ts';

/** Share of each group, by its name; they add up to 1. A group that a row does not have is there with 0. */
export type Shares = Readonly<Record<string, number>>;

/** Features of one row of a modality. */
export interface RowFeatures {
  readonly modality: ModalityId;
  readonly features: Features;
  /** The row's own tensors, by input name. */
  readonly inputs: Inputs;
}

const REGIONS = [
  ['top left', 'top', 'top right'],
  ['left', 'centre', 'right'],
  ['bottom left', 'bottom', 'bottom right'],
] as const;

/** Upper bounds of the ranks of words: vocabularies list frequent words first, after their special tokens. */
const RANKS = [1000, 3000, 10_000, 30_000];
const BANDS = [0, ...RANKS].map((from, i) =>
  i < RANKS.length ? `words ${from} to ${(RANKS[i] as number) - 1}` : `words beyond ${from}`,
);
/** Maximum number of groups of a row; the others are counted together. */
const MAX_GROUPS = 24;
const OTHERS = 'others';
const STRETCHES = ['first quarter', 'second quarter', 'third quarter', 'last quarter'];

/**
 * The shares of one row: regions of a 3x3 grid for images, columns of tables, words by their rank in the vocabulary,
 * frequency bands of sounds, channels or quarters of series.
 * @returns undefined where nothing was found, the attribution is zero, or it has no place in the input
 */
export function sharesOf(row: ExplainedRow, of: RowFeatures | undefined): Shares | undefined {
  if (row.nothing !== undefined) return undefined;
  if (of) return row.features?.length ? normalised(byFeature(row.features, of)) : undefined;
  return row.map && normalised(byRegion(row.map));
}

function byRegion({ dims: [height = 1, width = 1], data }: NonNullable<ExplainedRow['map']>): Map<string, number> {
  const sums = new Map<string, number>(REGIONS.flat().map((name) => [name, 0]));
  for (let i = 0; i < data.length; i++) {
    const [y, x] = [Math.floor(i / width), i % width];
    const name = REGIONS[Math.floor((3 * y) / height)]?.[Math.floor((3 * x) / width)] as string;
    sums.set(name, (sums.get(name) as number) + Math.abs(data[i] as number));
  }
  return sums;
}

function byFeature(values: NonNullable<ExplainedRow['features']>, row: RowFeatures): Map<string, number> {
  const sums = new Map<string, number>(fixedGroups(row).map((name) => [name, 0]));
  const nameOf = groupNames(row);
  for (const [i, { value }] of values.entries()) {
    const wanted = nameOf(i);
    const name = sums.has(wanted) || sums.size < MAX_GROUPS ? wanted : OTHERS;
    sums.set(name, (sums.get(name) ?? 0) + Math.abs(value));
  }
  return sums;
}

/** Groups that rows of the modality always have: a mean over rows counts the absent ones as 0. */
function fixedGroups({ modality, features: { groups } }: RowFeatures): readonly string[] {
  if (modality === 'tabular') return [];
  if (modality === 'text') return [...BANDS, OTHERS];
  return (groups ?? STRETCHES).slice(0, MAX_GROUPS);
}

/** Makes the function that names the group of a feature, by its number. It never names a value or a word. */
function groupNames({ modality, features, inputs }: RowFeatures): (feature: number) => string {
  const { list, groups } = features;
  const ofGroup = (i: number): string | undefined => groups?.[list[i]?.group ?? -1];
  if (modality === 'tabular') return (i) => list[i]?.key ?? OTHERS;
  if (modality === 'text') {
    const ranks = ranksOf(features, inputs);
    return (i) => band(ranks[i]);
  }
  if (groups) return (i) => ofGroup(i) ?? OTHERS;
  const end = Math.max(...list.map((feature, i) => feature.end ?? i + 1));
  return (i) => STRETCHES[Math.min(3, Math.floor((4 * startOf(list[i], i)) / end))] as string;
}

const startOf = (feature: Feature | undefined, i: number): number => Math.max(0, feature?.start ?? i);

/** Rank of each word in the vocabulary: the largest id of its tokens, since rare words are made of several. */
function ranksOf({ list, mask }: Features, inputs: Inputs): number[] {
  const ranks = new Array<number>(list.length).fill(-1);
  for (const [name, indices] of Object.entries(mask)) {
    const data = inputs[name]?.data;
    if (!data) continue;
    for (const [element, feature] of indices.entries()) {
      if (feature >= 0) ranks[feature] = Math.max(ranks[feature] as number, Number(data[element]));
    }
  }
  return ranks;
}

function band(rank = -1): string {
  if (rank < 0) return OTHERS;
  const at = RANKS.findIndex((bound) => rank < bound);
  return BANDS.at(at) as string;
}

function normalised(sums: ReadonlyMap<string, number>): Shares | undefined {
  const total = [...sums.values()].reduce((sum, value) => sum + value, 0);
  if (!(total > 0) || !Number.isFinite(total)) return undefined;
  return Object.fromEntries([...sums].map(([name, value]) => [name, value / total]));
}
