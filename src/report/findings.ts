/**
 * Findings: groups of images with a spot that holds more of their evidence than of all others'. A spot that many
 * images of one class share, and where they also look the same, is how a watermark, a caption or a frame shows
 * (Lapuschkin et al. 2019, "Unmasking Clever Hans predictors and assessing what machines really learn").
 */
import { clusters } from './clusters.ts';
import { type Evidence, GRID, meanOf, SMALL } from './evidence.ts';

export interface Finding {
  readonly group: string;
  /** Images of the class, and the numbers of those among them that share the spot. */
  readonly of: number;
  readonly members: readonly number[];
  /** The spot, in shares of width and height. */
  readonly spot: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  /** Share of the evidence in the spot: of the members, and of the images of other classes. */
  readonly inside: number;
  readonly elsewhere: number;
  /** Mean correlation of the members' pixels in the spot: 1 when they differ in brightness and contrast only. */
  readonly alike: number;
  /** Strength of the finding; {@link STRIKING} and above is shown as a warning. */
  readonly strength: number;
}

/** Above what natural classes reach: what they share has a shape, but not the same pixels. */
export const STRIKING = 0.1;

/** Sides of spots, in cells of the grid. */
const SIDES = [2, 3];
/** An image shares a spot when its evidence there is above that of this part of the other classes. */
const UNUSUAL = 0.95;
/** Groups of fewer images, or of a smaller part of their class, are chance. */
const [MIN_MEMBERS, MIN_SHARE] = [3, 0.08];
/** Max number of spots of a class that are compared pixel by pixel. */
const SPOTS = 12;

interface Spot {
  readonly x: number;
  readonly y: number;
  readonly side: number;
}

/** The findings of every class, the most striking first; one for each spot of a class. */
export function findings(evidence: readonly Evidence[], seed = 0): Finding[] {
  const masses = evidence.map(({ mass }) => mass);
  const groups = new Map<string, number[]>();
  for (const [i, { group, mass }] of evidence.entries()) {
    if (!mass.some((share) => share > 0)) continue;
    const members = groups.get(group);
    if (members) members.push(i);
    else groups.set(group, [i]);
  }
  const found: Finding[] = [];
  for (const [number, [group, members]] of [...groups].entries()) {
    const others = [...groups].flatMap(([name, some]) => (name === group ? [] : some));
    const minMembers = Math.max(MIN_MEMBERS, MIN_SHARE * members.length);
    const rest = meanOf(masses, others.length > 0 ? others : members);
    const clustered = [members, ...clusters(masses, members, seed + number)].map(
      (part) => [part, bestSpot(meanOf(masses, part), rest)] as const,
    );
    const candidates = [...clustered, ...sharedSpots(masses, members, others)]
      .filter(([part]) => part.length >= minMembers)
      .map(([part, spot]) => findingOf(evidence, group, members.length, part, spot, rest))
      .sort((a, b) => b.strength - a.strength);
    const kept: Finding[] = [];
    for (const one of candidates) if (!kept.some((other) => overlap(one, other))) kept.push(one);
    found.push(...kept);
  }
  return found.sort((a, b) => b.strength - a.strength);
}

function* spots(): Generator<Spot> {
  for (const side of SIDES) {
    for (let y = 0; y + side <= GRID; y++) for (let x = 0; x + side <= GRID; x++) yield { x, y, side };
  }
}

/** Square in which the mean of a group exceeds that of the others by the largest margin, corrected for its size. */
function bestSpot(mean: Float64Array, rest: Float64Array): Spot {
  let [best, most] = [{ x: 0, y: 0, side: 1 }, -Infinity];
  for (const spot of spots()) {
    const gain = (shareIn(mean, spot) - shareIn(rest, spot)) / Math.sqrt(spot.side);
    if (gain > most) [best, most] = [spot, gain];
  }
  return best;
}

/** Spots where more images of a class have unusually much evidence than chance gives, the most significant ones. */
function sharedSpots(
  masses: readonly Float64Array[],
  members: readonly number[],
  others: readonly number[],
): (readonly [number[], Spot])[] {
  if (others.length === 0) return [];
  const scored = [...spots()].map((spot) => {
    const usual = Float64Array.from(others, (other) => shareIn(masses[other] as Float64Array, spot)).sort();
    const limit = usual[Math.min(usual.length - 1, Math.floor(UNUSUAL * usual.length))] as number;
    const sharing = members.filter((member) => shareIn(masses[member] as Float64Array, spot) > limit);
    const expected = (1 - UNUSUAL) * members.length;
    return { spot, sharing, z: (sharing.length - expected) / Math.sqrt(expected * UNUSUAL) };
  });
  return scored
    .sort((a, b) => b.z - a.z)
    .slice(0, SPOTS)
    .map(({ spot, sharing }) => [sharing, spot] as const);
}

function findingOf(
  evidence: readonly Evidence[],
  group: string,
  of: number,
  members: readonly number[],
  spot: Spot,
  rest: Float64Array,
): Finding {
  const own = meanOf(
    evidence.map(({ mass }) => mass),
    members,
  );
  const [inside, elsewhere] = [shareIn(own, spot), shareIn(rest, spot)];
  const alike = likeness(evidence, members, spot);
  const { x, y, side } = spot;
  return {
    group,
    of,
    members,
    spot: { x: x / GRID, y: y / GRID, width: side / GRID, height: side / GRID },
    inside,
    elsewhere,
    alike,
    strength: Math.sqrt(Math.max(0, inside - elsewhere) * (members.length / of)) * (0.1 + alike),
  };
}

/**
 * Mean correlation between the members' pixels in the spot, each image's own mean taken away: things of a class have
 * outlines of many kinds there, a stamp has one.
 */
function likeness(evidence: readonly Evidence[], members: readonly number[], { x, y, side }: Spot): number {
  const [cell, count] = [SMALL / GRID, members.length];
  const width = side * cell;
  const sums = new Float64Array(width * width);
  let usable = 0;
  for (const member of members) {
    const pixels = evidence[member]?.pixels as Float64Array;
    const patch = sums.map(
      (_, i) => pixels[(y * cell + Math.floor(i / width)) * SMALL + x * cell + (i % width)] as number,
    );
    const mean = patch.reduce((sum, value) => sum + value, 0) / patch.length;
    const norm = Math.sqrt(patch.reduce((sum, value) => sum + (value - mean) ** 2, 0));
    if (norm < patch.length / 8) continue;
    usable++;
    for (const [i, value] of patch.entries()) sums[i] = (sums[i] as number) + (value - mean) / norm;
  }
  if (usable < MIN_MEMBERS || usable < count / 2) return 0;
  const squares = sums.reduce((sum, value) => sum + value * value, 0);
  return Math.max(0, (squares - usable) / (usable * (usable - 1)));
}

function shareIn(mass: Float64Array, { x, y, side }: Spot): number {
  let sum = 0;
  for (let v = y; v < y + side; v++) for (let u = x; u < x + side; u++) sum += mass[v * GRID + u] as number;
  return sum;
}

function overlap({ spot: a }: Finding, { spot: b }: Finding): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
