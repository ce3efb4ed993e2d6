/**
 * Time that a model takes on an engine. Clocks stand still inside an isolate, so the edge cannot measure itself: its
 * figures come from `whylight calibrate`, which writes them into the model's manifest, or are guessed from FLOPs.
 */
import type { Cost } from '../method/contract.ts';
import type { Model } from '../model/model.ts';
import { countFlops } from './flops.ts';

/** Milliseconds of one row. */
export interface Profile {
  readonly forward: number;
  readonly backward: number;
  /** From the manifest or from runs that were observed; otherwise guessed from FLOPs. */
  readonly measured: boolean;
}

/**
 * Milliseconds for 10^9 FLOPs, forwards and with the gradient: MobileNetV2 (0.6 * 10^9) in November 2026 on a virtual
 * machine with two cores; `npm run bench:gradient` measures them anew.
 */
const RATES: Readonly<Record<string, { readonly forward: number; readonly backward: number }>> = {
  'onnxruntime-web': { forward: 63, backward: 146 },
  'onnxruntime-node': { forward: 15, backward: 53 },
};
const SLOWEST = RATES['onnxruntime-web'] as { readonly forward: number; readonly backward: number };

/** Overhead of a call of an engine in milliseconds, per row of a small batch. */
const CALL_MS = 0.05;

/** Weight of a new observation against all earlier ones. */
const WEIGHT = 0.2;

/** Profiles of the models on one engine, kept up to date with the runs that were observed. */
export class Profiles {
  private readonly engine: string;
  private readonly known = new WeakMap<Model, Profile>();

  /** @param engine name of the engine, as the manifest's `profile` has it */
  constructor(engine: string) {
    this.engine = engine;
  }

  of(model: Model): Profile {
    const known = this.known.get(model);
    if (known) return known;
    const given = model.manifest.profile?.[this.engine];
    const profile = given
      ? { forward: given.forward_ms, backward: given.backward_ms, measured: true }
      : guess(model, RATES[this.engine] ?? SLOWEST);
    this.known.set(model, profile);
    return profile;
  }

  /**
   * Learns from a run. The share of forward and backward rows is not known, so both scale by how far the estimate was off.
   * @param milliseconds that the rows took
   */
  observe(model: Model, cost: Cost, milliseconds: number): void {
    const { forward, backward } = this.of(model);
    const expected = timeOf(cost, { forward, backward });
    if (!(expected > 0 && milliseconds > 0)) return;
    const factor = (milliseconds / expected) ** WEIGHT;
    this.known.set(model, { forward: forward * factor, backward: backward * factor, measured: true });
  }

  /** Milliseconds that these rows are expected to take. */
  milliseconds(model: Model, cost: Cost): number {
    return timeOf(cost, this.of(model));
  }
}

const timeOf = (cost: Cost, { forward, backward }: Pick<Profile, 'forward' | 'backward'>): number =>
  cost.forwards * forward + cost.backwards * backward;

function guess(model: Model, rate: { readonly forward: number; readonly backward: number }): Profile {
  const billions = countFlops(model.graph, model.fixedBatch).total / (model.fixedBatch ?? 1) / 1e9;
  return {
    forward: CALL_MS + billions * rate.forward,
    backward: CALL_MS + billions * rate.backward,
    measured: false,
  };
}
