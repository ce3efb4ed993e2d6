/** Groups of maps that are alike. */
import { Random } from '../core/tensor/random.ts';
import { meanOf } from './evidence.ts';

const MAX_CLUSTERS = 4;
const MIN_MEMBERS = 3;
const ROUNDS = 30;
const STARTS = 4;

/** k-means on square roots of the masses (Hellinger distance), started as k-means++ does; the best of several starts. */
export function clusters(masses: readonly Float64Array[], members: readonly number[], seed: number): number[][] {
  const count = Math.min(MAX_CLUSTERS, Math.floor(members.length / MIN_MEMBERS));
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
