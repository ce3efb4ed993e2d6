/**
 * Time that a model takes on an engine. Clocks stand still inside an isolate, so the edge cannot measure itself: its
 * figures come from `whylight calibrate`, which writes them into the model's manifest, or are guessed from the work.
 */
import type { Cost } from '../method/contract.ts';
import type { Model } from '../model/model.ts';
import type { RowShapes } from './bind-rows.ts';
import type { GraphCompiler } from './graph-compiler.ts';
import { type Rates, timeOfWork, type Work } from './work-time.ts';

/** Milliseconds of one row. */
export interface Profile {
  readonly forward: number;
  readonly backward: number;
  /** From the manifest or from runs that were observed; otherwise guessed from the work. */
  readonly measured: boolean;
}

/** Size of the rows of a request, and the graphs that they run through. */
export interface RowSize {
  /** Shape of one row of each input; that of the file when absent. */
  readonly rows?: RowShapes;
  /** Compiled graphs: the work of one row of these shapes, and whether it is run backwards as well. */
  readonly graphs?: readonly { readonly work: Work; readonly shapes: RowShapes; readonly isBackward: boolean }[];
}

/**
 * Fitted to one row, forwards and with the gradient, of eleven models in November 2026: all within a factor of 1.5.
 * `npm run bench:estimate` compares them with the machine that it runs on.
 */
const RATES: Readonly<Record<string, Rates>> = {
  'onnxruntime-web': {
    ...{ products: 31.6, grouped: 152, transposed: 37, quantised: 16, quantisedGrouped: 560 },
    ...{ elements: 98, nodes: 0.7, call: 0.01 },
  },
  'onnxruntime-node': {
    ...{ products: 3.7, grouped: 0, transposed: 20, quantised: 2, quantisedGrouped: 65 },
    ...{ elements: 72, nodes: 0.7, call: 0.005 },
  },
};
const SLOWEST = RATES['onnxruntime-web'] as Rates;

/** Time of a gradient at the input beyond that of the forward pass, relative to it, where its graph is not known. */
const GRADIENT_EXCESS = 1.3;

/** Weight of a new observation against all earlier ones. */
const WEIGHT = 0.2;

/** Shapes whose work is remembered for each model. */
const MAX_SHAPES = 32;

/** Profiles of the models on one engine, kept up to date with the runs that were observed. */
export class Profiles {
  private readonly engine: string;
  private readonly workOf: GraphCompiler['rowWork'];
  private readonly rates: Rates;
  /** Ratio of the observed times to those of the manifest or of the work. */
  private readonly factors = new WeakMap<Model, number>();
  private readonly times = new WeakMap<Model, Map<string, number>>();

  /** @param engine name of the engine, as the manifest's `profile` has it */
  /** @param workOf counts the work of a model, see {@link GraphCompiler} */
  constructor(engine: string, { rowWork }: Pick<GraphCompiler, 'rowWork'>) {
    this.workOf = rowWork;
    this.engine = engine;
    this.rates = RATES[engine] ?? SLOWEST;
  }

  /** Expected times of one row of this size. */
  of(model: Model, size: RowSize = {}): Profile {
    const factor = this.factors.get(model);
    const given = model.manifest.profile?.[this.engine];
    const { forward, backward } = given
      ? this.given(model, { forward: given.forward_ms, backward: given.backward_ms }, size)
      : this.guess(model, size);
    return {
      forward: forward * (factor ?? 1),
      backward: backward * (factor ?? 1),
      measured: given !== undefined || factor !== undefined,
    };
  }

  /**
   * Learns from a run. The share of forward and backward rows is not known, so both scale by how far the estimate was off.
   * @param milliseconds that the rows took
   */
  observe(model: Model, cost: Cost, milliseconds: number, size: RowSize = {}): void {
    const expected = timeOf(cost, this.of(model, size));
    if (!(expected > 0 && milliseconds > 0)) return;
    this.factors.set(model, (this.factors.get(model) ?? 1) * (milliseconds / expected) ** WEIGHT);
  }

  /** Milliseconds that these rows are expected to take. */
  milliseconds(model: Model, cost: Cost, size: RowSize = {}): number {
    return timeOf(cost, this.of(model, size));
  }

  private guess(model: Model, size: RowSize): Pick<Profile, 'forward' | 'backward'> {
    const forward = this.graphTime(model, size, false) ?? this.forwardTime(model, size.rows);
    const backward = this.graphTime(model, size, true) ?? forward * (1 + GRADIENT_EXCESS);
    const { call } = this.rates;
    return { forward: call + forward, backward: call + backward };
  }

  /** Times of the manifest. A gradient at an inner layer takes its share of the time of that at the input. */
  private given(model: Model, given: Pick<Profile, 'forward' | 'backward'>, size: RowSize): typeof given {
    const { forward, backward } = given;
    const graph = this.graphTime(model, size, true);
    const excess = graph === undefined ? 1 : graph / this.forwardTime(model, size.rows) - 1;
    return { forward, backward: forward + (backward - forward) * Math.min(1, Math.max(0, excess)) };
  }

  /** Time of the slowest of the compiled graphs; undefined where there is none of this kind. */
  private graphTime(model: Model, { rows, graphs = [] }: RowSize, isBackward: boolean): number | undefined {
    const times = graphs
      .filter((graph) => graph.isBackward === isBackward)
      .map(({ work, shapes }) => {
        const time = timeOfWork(work, this.rates);
        const isSame = rows === undefined || JSON.stringify(rows) === JSON.stringify(shapes);
        return isSame ? time : (time * this.forwardTime(model, rows)) / this.forwardTime(model, shapes);
      });
    return times.length > 0 ? Math.max(...times) : undefined;
  }

  /** Time of the model on one row, by its work. */
  private forwardTime(model: Model, rows: RowShapes | undefined): number {
    const times = this.times.get(model) ?? new Map<string, number>();
    const key = JSON.stringify(rows ?? {});
    const known = times.get(key);
    if (known !== undefined) return known;
    if (times.size >= MAX_SHAPES) times.clear();
    const time = timeOfWork(this.workOf(model, rows), this.rates);
    this.times.set(model, times.set(key, time));
    return time;
  }
}

const timeOf = (cost: Cost, { forward, backward }: Pick<Profile, 'forward' | 'backward'>): number =>
  cost.forwards * forward + cost.backwards * backward;
