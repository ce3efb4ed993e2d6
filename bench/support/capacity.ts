/** Edge and origins as queues: what the formulas of docs/scale.md say, and what happens event by event. */
import { Random } from '../../src/core/tensor/random.ts';

export interface Load {
  /** Explanations a second, everywhere together, at random times (Poisson). */
  readonly rate: number;
  /** Share that the cache answers. */
  readonly hits: number;
  /** Share of the others that is too heavy for an isolate. */
  readonly heavy: number;
  readonly isolates: number;
  /** Milliseconds, always the same. */
  readonly edgeMs: number;
  readonly hitMs: number;
  /** Heavy runs that go on at once. */
  readonly origins: number;
  /** Mean; it varies as an exponential time does. */
  readonly originMs: number;
  /** Heavy runs that may wait; more are turned away. */
  readonly line: number;
}

export interface Figures {
  /** Share of the time. */
  readonly isolatesBusy: number;
  /** Mean of all that come, those that do not wait too. */
  readonly isolateWaitMs: number;
  readonly originsBusy: number;
  /** Mean wait of the accepted requests, in milliseconds. */
  readonly originWaitMs: number;
  /** Share of the heavy ones. */
  readonly turnedAway: number;
}

/**
 * Each isolate is an M/G/1 queue, since whoever is sent to a location cannot be moved: Pollaczek and Khinchine. The origins
 * are one M/M/c/K queue: Erlang, with a line that ends.
 */
export function predict({ rate, hits, heavy, isolates, edgeMs, hitMs, origins, originMs, line }: Load): Figures {
  const light = rate * (1 - hits) * (1 - heavy);
  const perMs = (rate * hits + light) / isolates / 1000;
  const shareOfHits = (rate * hits) / (rate * hits + light);
  const mean = shareOfHits * hitMs + (1 - shareOfHits) * edgeMs;
  const square = shareOfHits * hitMs ** 2 + (1 - shareOfHits) * edgeMs ** 2;
  const busy = perMs * mean;
  const offered = (rate * (1 - hits) * heavy * originMs) / 1000;
  // Probabilities of n runs in the system, each from the one before.
  const states = [1];
  for (let n = 1; n <= origins + line; n++) states.push(((states[n - 1] as number) * offered) / Math.min(n, origins));
  const total = states.reduce((sum, state) => sum + state, 0);
  const turnedAway = (states.at(-1) as number) / total;
  const waiting = states.reduce((sum, state, n) => sum + (Math.max(0, n - origins) * state) / total, 0);
  const taken = (rate * (1 - hits) * heavy * (1 - turnedAway)) / 1000;
  return {
    isolatesBusy: Math.min(1, busy),
    isolateWaitMs: busy < 1 ? (perMs * square) / (2 * (1 - busy)) : Number.POSITIVE_INFINITY,
    originsBusy: (taken * originMs) / origins,
    originWaitMs: taken === 0 ? 0 : waiting / taken,
    turnedAway,
  };
}

/** @param seconds that are simulated */
export function simulate(load: Load, seconds: number, seed: number): Figures {
  const { rate, hits, heavy, isolates, edgeMs, hitMs, origins, originMs, line } = load;
  const end = seconds * 1000;
  const random = new Random(seed);
  const block = 65_536;
  let [numbers, used] = [random.uniform(block), 0];
  const chance = (): number => {
    if (used % block === 0) numbers = random.uniform(block, used);
    return numbers[used++ % block] as number;
  };
  const exponential = (mean: number): number => -Math.log(1 - Math.min(chance(), 1 - 1e-7)) * mean;

  /** Time at which each isolate, and each slot of an origin, is free again. */
  const isolateFree = new Float64Array(isolates);
  const originFree = new Float64Array(origins);
  const starts: number[] = [];
  const sums = { light: 0, lightWait: 0, isolateMs: 0, heavy: 0, taken: 0, originWait: 0, originMs: 0 };
  for (let now = exponential(1000 / rate); now < end; now += exponential(1000 / rate)) {
    const isHit = chance() < hits;
    if (isHit || chance() >= heavy) {
      const isolate = Math.min(isolates - 1, Math.floor(chance() * isolates));
      const begin = Math.max(now, isolateFree[isolate] as number);
      const takes = isHit ? hitMs : edgeMs;
      isolateFree[isolate] = begin + takes;
      sums.light += 1;
      sums.lightWait += begin - now;
      sums.isolateMs += Math.max(0, Math.min(end, begin + takes) - begin);
      continue;
    }
    sums.heavy += 1;
    while (starts.length > 0 && (starts[0] as number) <= now) starts.shift();
    if (starts.length >= line && originFree.every((free) => free > now)) continue;
    let place = 0;
    for (let i = 1; i < origins; i++) if ((originFree[i] as number) < (originFree[place] as number)) place = i;
    const begin = Math.max(now, originFree[place] as number);
    const takes = exponential(originMs);
    originFree[place] = begin + takes;
    if (begin > now) starts.push(begin);
    sums.taken += 1;
    sums.originWait += begin - now;
    sums.originMs += Math.max(0, Math.min(end, begin + takes) - begin);
  }
  return {
    isolatesBusy: sums.isolateMs / (isolates * end),
    isolateWaitMs: sums.lightWait / Math.max(1, sums.light),
    originsBusy: sums.originMs / (origins * end),
    originWaitMs: sums.originWait / Math.max(1, sums.taken),
    turnedAway: (sums.heavy - sums.taken) / Math.max(1, sums.heavy),
  };
}
