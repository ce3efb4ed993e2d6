/**
 * Groups of pictures that are explained alike, and what sets them apart: the spot that holds more of a group's evidence
 * than of everybody else's. A spot that many pictures of one class share, and no others, is how a watermark, a caption
 * or a border shows (Lapuschkin et al. 2019, "Unmasking Clever Hans predictors and assessing what machines really learn").
 */
import { Random } from '../../core/tensor/random.ts';

export interface Evidence {
  /** What the groups are formed within: the class that the model says. */
  readonly group: string;
  readonly width: number;
  readonly height: number;
  /** Row by row; negative values count as none. */
  readonly values: ArrayLike<number>;
}

export interface Finding {
  readonly group: string;
  /** Pictures of the class, and the numbers of those among them that share the spot. */
  readonly of: number;
  readonly members: readonly number[];
  /** The spot, in shares of width and height. */
  readonly spot: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** Share of the evidence in the spot: of the members, and of the pictures of other classes. */
  readonly inside: number;
  readonly elsewhere: number;
  /** How much it stands out: the difference of both, less for a small part of a class. */
  readonly strength: number;
}

const GRID = 8;
const CLUSTERS = 4;
const ROUNDS = 30;
const STARTS = 4;
/** Side of the spot, in cells of the grid. */
const SPOTS = [2, 3];
/** Groups of fewer pictures, or of a smaller part of their class, are chance. */
const [LEAST, LEAST_SHARE] = [3, 0.08];

/** The findings of every class, most striking first; one for each spot of a class. */
export function findings(evidence: readonly Evidence[], seed = 0): Finding[] {
  const masses = evidence.map(massOnGrid);
  const groups = new Map<string, number[]>();
  for (const [i, { group }] of evidence.entries()) {
    if (!masses[i]?.some((mass) => mass > 0)) continue;
    const members = groups.get(group);
    if (members) members.push(i);
    else groups.set(group, [i]);
  }
  const found: Finding[] = [];
  for (const [number, [group, members]] of [...groups].entries()) {
    const others = [...groups].flatMap(([name, some]) => (name === group ? [] : some));
    const elsewhere = meanOf(masses, others.length > 0 ? others : members);
    const parts = clusterMembers(masses, members, seed + number);
    const candidates = [members, ...parts]
      .filter((part) => part.length >= Math.max(LEAST, LEAST_SHARE * members.length))
      .map((part) => findingOf(group, part, members.length, meanOf(masses, part), elsewhere))
      .sort((a, b) => b.strength - a.strength);
    const kept: Finding[] = [];
    for (const one of candidates) if (!kept.some((other) => overlap(one, other))) kept.push(one);
    found.push(...kept);
  }
  return found.sort((a, b) => b.strength - a.strength);
}

/** The positive values on a grid of 8 x 8, adding up to 1; zeros when there are none. */
function massOnGrid({ width, height, values }: Evidence): Float64Array {
  const mass = new Float64Array(GRID * GRID);
  let sum = 0;
  for (let i = 0; i < width * height; i++) {
    const value = values[i] as number;
    if (!(value > 0)) continue;
    const y = Math.min(GRID - 1, Math.floor((Math.floor(i / width) * GRID) / height));
    const x = Math.min(GRID - 1, Math.floor(((i % width) * GRID) / width));
    mass[y * GRID + x] = (mass[y * GRID + x] as number) + value;
    sum += value;
  }
  return sum > 0 ? mass.map((value) => value / sum) : mass;
}

function meanOf(masses: readonly Float64Array[], members: readonly number[]): Float64Array {
  const mean = new Float64Array(GRID * GRID);
  for (const member of members) {
    for (const [i, value] of (masses[member] as Float64Array).entries()) mean[i] = (mean[i] as number) + value;
  }
  return mean.map((value) => value / members.length);
}

/** k-means on square roots of the masses (Hellinger distance), started as k-means++ does; the best of several starts. */
function clusterMembers(masses: readonly Float64Array[], members: readonly number[], seed: number): number[][] {
  const count = Math.min(CLUSTERS, Math.floor(members.length / LEAST));
  if (count < 2) return [];
  const points = members.map((member) => (masses[member] as Float64Array).map(Math.sqrt));
  let best: { error: number; labels: Int32Array } | undefined;
  for (let start = 0; start < STARTS; start++) {
    const one = kMeans(points, count, new Random(seed, start));
    if (!best || one.error < best.error) best = one;
  }
  const parts: number[][] = Array.from({ length: count }, () => []);
  for (const [i, label] of (best?.labels ?? new Int32Array()).entries()) parts[label]?.push(members[i] as number);
  return parts.filter((part) => part.length > 0);
}

function kMeans(points: readonly Float64Array[], count: number, random: Random) {
  const draws = random.uniform(count);
  const centres = [points[Math.floor((draws[0] as number) * points.length)] as Float64Array];
  while (centres.length < count) {
    const weights = points.map((point) => Math.min(...centres.map((centre) => distance(point, centre))));
    let rest = (draws[centres.length] as number) * weights.reduce((sum, weight) => sum + weight, 0);
    let next = 0;
    while (next < points.length - 1 && rest >= (weights[next] as number)) rest -= weights[next++] as number;
    centres.push(points[next] as Float64Array);
  }
  const labels = new Int32Array(points.length);
  let error = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    let total = 0;
    for (const [i, point] of points.entries()) {
      const distances = centres.map((centre) => distance(point, centre));
      labels[i] = distances.indexOf(Math.min(...distances));
      total += distances[labels[i] as number] as number;
    }
    if (!(total < error - 1e-9)) break;
    error = total;
    for (let c = 0; c < count; c++) {
      const own = points.flatMap((_, i) => (labels[i] === c ? [i] : []));
      if (own.length > 0) centres[c] = meanOf(points, own);
    }
  }
  return { error, labels };
}

function distance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return sum;
}

function findingOf(
  group: string,
  members: readonly number[],
  of: number,
  mean: Float64Array,
  elsewhere: Float64Array,
): Finding {
  let best = { x: 0, y: 0, side: 1, inside: 0, elsewhere: 0, gain: -Infinity };
  for (const side of SPOTS) {
    for (let y = 0; y + side <= GRID; y++) {
      for (let x = 0; x + side <= GRID; x++) {
        const [here, there] = [sumIn(mean, x, y, side), sumIn(elsewhere, x, y, side)];
        // A larger spot must earn its size.
        const gain = (here - there) / Math.sqrt(side);
        if (gain > best.gain) best = { x, y, side, inside: here, elsewhere: there, gain };
      }
    }
  }
  return {
    group,
    of,
    members,
    spot: { x: best.x / GRID, y: best.y / GRID, width: best.side / GRID, height: best.side / GRID },
    inside: best.inside,
    elsewhere: best.elsewhere,
    strength: (best.inside - best.elsewhere) * Math.sqrt(members.length / of),
  };
}

function sumIn(mass: Float64Array, left: number, top: number, side: number): number {
  let sum = 0;
  for (let y = top; y < top + side; y++) for (let x = left; x < left + side; x++) sum += mass[y * GRID + x] as number;
  return sum;
}

function overlap({ spot: a }: Finding, { spot: b }: Finding): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
