/** Measures how long a row of a model takes on an engine: the figures of a manifest's `profile`. */
import type { Optimize } from '../core/autodiff/compile.ts';
import type { Engine, Session } from '../core/engine/engine.ts';
import { WhylightError } from '../core/errors.ts';
import type { Needs } from '../core/method/contract.ts';
import type { Model } from '../core/model/model.ts';
import { compileVariant, graphFile } from '../core/plan/compile-variant.ts';
import { resolveNeeds } from '../core/plan/variant.ts';
import { Random } from '../core/tensor/random.ts';
import { sizeOf, type Tensor, tensor } from '../core/tensor/tensor.ts';

export interface Calibration {
  /** Milliseconds of a row, medians over the rounds. */
  readonly forward: number;
  /** As {@link forward} for a model that has no gradient. */
  readonly backward: number;
  /** Rows of a run. */
  readonly batch: number;
}

export interface CalibrationOptions {
  readonly batch?: number;
  readonly rounds?: number;
  readonly optimize?: Optimize;
  readonly clock?: () => number;
  readonly progress?: (done: number, total: number) => void;
}

/** Runs that are not counted: engines plan their memory in them. */
const WARM_UP = 2;

/**
 * Runs the forward graph and the gradient at the input in turns, on noise.
 * @throws WhylightError as the engine does
 */
export async function calibrate(
  model: Model,
  engine: Engine,
  { batch = 4, rounds = 15, optimize = 'memory', clock = () => performance.now(), progress }: CalibrationOptions = {},
): Promise<Calibration> {
  const rows = model.fixedBatch ?? batch;
  const graphs = [await load(model, engine, {}, optimize), await gradient(model, engine, optimize)];
  try {
    const times = graphs.map((): number[] => []);
    for (let round = 0; round < WARM_UP + rounds; round++) {
      for (const [i, session] of graphs.entries()) {
        if (!session) continue;
        const feeds = session.feeds(rows);
        const started = clock();
        await session.session.run(feeds);
        if (round >= WARM_UP) times[i]?.push((clock() - started) / rows);
      }
      progress?.(round + 1, WARM_UP + rounds);
    }
    const [forward, backward] = times.map(median);
    return { forward: forward as number, backward: backward ?? (forward as number), batch: rows };
  } finally {
    await Promise.all(graphs.map((graph) => graph?.session.release()));
  }
}

interface Runnable {
  readonly session: Session;
  feeds(rows: number): Record<string, Tensor>;
}

async function load(model: Model, engine: Engine, needs: Needs, optimize: Optimize): Promise<Runnable> {
  const resolved = resolveNeeds(needs, model.info());
  const graph = compileVariant(model, resolved, optimize);
  const session = await engine.load(graphFile(graph));
  return {
    session,
    feeds: (rows) =>
      Object.fromEntries(
        graph.inputs.map(({ name, dtype, dims = [] }, stream) => {
          const row = resolved.inputDims[name] ?? dims.slice(1).map(Number);
          const feed = tensor(dtype, [rows, ...row]);
          // Token ids and the cotangent stay zero: the first token, and the top class.
          if (dtype === 'float32' && resolved.inputDims[name])
            (feed.data as Float32Array).set(new Random(0, stream).normal(rows * sizeOf(row)));
          return [name, feed];
        }),
      ),
  };
}

async function gradient(model: Model, engine: Engine, optimize: Optimize): Promise<Runnable | undefined> {
  try {
    return await load(model, engine, { gradients: 'sources' }, optimize);
  } catch (error) {
    if (WhylightError.is(error, 'not_differentiable') || WhylightError.is(error, 'unprocessable_method'))
      return undefined;
    throw error;
  }
}

function median(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
