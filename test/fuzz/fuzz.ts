/** Runs of a fuzz target: mutation, execution, and judgement of what came out. */
import { WhylightError } from '../../src/core/errors.ts';
import { Draw } from './draw.ts';
import type { FuzzTarget } from './target.ts';

export interface Fault {
  readonly run: number;
  readonly input: Uint8Array;
  readonly reason: string;
}

export interface FuzzOptions {
  readonly seed: number;
  /** Number of the first run, and the number after the last one. */
  readonly from: number;
  readonly to: number;
  /** Called before each run. */
  readonly begin?: (run: number) => void;
  /** Returns true to end before the last run. */
  readonly over?: () => boolean;
}

export interface FuzzResult {
  readonly runs: number;
  /** Number of runs by outcome: names of the target, and codes of refusals. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly faults: readonly Fault[];
}

/** Codes of refusals that say that the program was wrong, not the input. */
const OWN_FAULTS: ReadonlySet<string> = new Set(['internal']);

/** The input of a run: a seed that was mutated. */
export function inputOf(target: FuzzTarget, seed: number, run: number): Uint8Array {
  const draw = new Draw(seed, run);
  return target.mutate(draw.from(target.seeds), draw);
}

/** Runs one input. @returns the outcome, or the reason why it is a fault */
export async function tryInput(
  target: FuzzTarget,
  input: Uint8Array,
): Promise<{ readonly outcome: string } | { readonly fault: string }> {
  try {
    return { outcome: await target.run(input) };
  } catch (error) {
    if (WhylightError.is(error) && !OWN_FAULTS.has(error.code)) return { outcome: error.code };
    return { fault: String((error as Error)?.stack ?? error) };
  }
}

/** Runs a target in this thread. */
export async function fuzz(target: FuzzTarget, { seed, from, to, begin, over }: FuzzOptions): Promise<FuzzResult> {
  const outcomes: Record<string, number> = {};
  const faults: Fault[] = [];
  let run = from;
  for (; run < to && !over?.(); run++) {
    begin?.(run);
    const input = inputOf(target, seed, run);
    const tried = await tryInput(target, input);
    if ('fault' in tried) faults.push({ run, input, reason: tried.fault });
    const outcome = 'fault' in tried ? 'fault' : tried.outcome;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  return { runs: run - from, outcomes, faults };
}
