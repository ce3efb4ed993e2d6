/**
 * Puts the rows of several callers into one run. While a run is under way, others wait and are then taken together; an
 * idle session runs at once, or after a short delay in which others may join.
 */
import { WhylightError } from '../errors.ts';
import type { ModelBytes } from '../onnx/model-bytes.ts';
import { joinRows, sliceRows } from '../tensor/rows.ts';
import type { Tensor } from '../tensor/tensor.ts';
import type { Engine, Session, Tensors } from './engine.ts';

export interface BatchingOptions {
  /** The most rows of a run, where the graph wants no fewer; a single call with more runs alone. */
  readonly maxRows?: number;
  /** Milliseconds that an idle session waits for company; not with a call that is large by itself. */
  readonly delay?: number;
  /** Rows of one session that may wait; more are refused. */
  readonly maxWaiting?: number;
  /** Told the rows of each run. */
  readonly ran?: (rows: number, calls: number) => void;
}

/**
 * @throws WhylightError `overloaded` from `run` when too many rows wait
 */
export function batchingEngine(engine: Engine, options: BatchingOptions = {}): Engine {
  return {
    ...engine,
    async load(model: ModelBytes): Promise<Session> {
      const session = await engine.load(model);
      if (!model.openBatch) return session;
      const { maxRows = MAX_ROWS } = options;
      return new BatchingSession(session, { ...options, maxRows: Math.min(maxRows, model.rows ?? maxRows) });
    },
  };
}

interface Call {
  readonly feeds: Tensors;
  readonly fetches: readonly string[] | undefined;
  /** Calls with the same one fit together. */
  readonly kind: string;
  readonly rows: number;
  resolve(results: Tensors): void;
  reject(error: unknown): void;
}

const MAX_ROWS = 64;

/** From this share of the most rows on, company makes a run no faster for each row. */
const LARGE = 1 / 4;

class BatchingSession implements Session {
  private readonly session: Session;
  private readonly options: Required<Omit<BatchingOptions, 'ran'>> & Pick<BatchingOptions, 'ran'>;
  private readonly waiting: Call[] = [];
  private working: Promise<void> | undefined;

  constructor(session: Session, { maxRows = MAX_ROWS, delay = 0, maxWaiting = 4096, ran }: BatchingOptions) {
    this.session = session;
    this.options = { maxRows, delay, maxWaiting, ...(ran && { ran }) };
  }

  run(feeds: Tensors, fetches?: readonly string[]): Promise<Tensors> {
    const counts = new Set(Object.values(feeds).map(({ dims }) => dims[0]));
    const [rows] = counts;
    // What does not count its rows alike cannot be put together with others.
    if (counts.size !== 1 || !rows) return this.session.run(feeds, fetches);
    const waiting = this.waiting.reduce((sum, call) => sum + call.rows, 0);
    if (waiting > 0 && waiting + rows > this.options.maxWaiting) {
      const message = `${waiting} rows wait to run already, ${this.options.maxWaiting} may. Come back a little later.`;
      return Promise.reject(new WhylightError('overloaded', message, { waiting, allowed: this.options.maxWaiting }));
    }
    return new Promise((resolve, reject) => {
      this.waiting.push({ feeds, fetches, kind: kindOf(feeds, fetches), rows, resolve, reject });
      this.working ??= this.work();
    });
  }

  async release(): Promise<void> {
    await this.working;
    await this.session.release();
  }

  private async work(): Promise<void> {
    const { delay, maxRows, ran } = this.options;
    const [first] = this.waiting as [Call];
    const alone = first.rows >= maxRows * LARGE;
    // Even without a delay, calls of the same moment meet.
    await (delay > 0 && !alone ? new Promise((over) => setTimeout(over, delay)) : undefined);
    while (this.waiting.length > 0) {
      const calls = this.next();
      const rows = calls.reduce((sum, call) => sum + call.rows, 0);
      ran?.(rows, calls.length);
      try {
        const [{ feeds, fetches }] = calls as [Call];
        const together =
          calls.length === 1
            ? feeds
            : mapTensors(feeds, (_, name) => joinRows(calls.map((c) => c.feeds[name] as Tensor)));
        const results = await this.session.run(together, fetches);
        let from = 0;
        for (const call of calls) {
          const to = from + call.rows;
          call.resolve(calls.length === 1 ? results : mapTensors(results, (all) => part(all, rows, from, to)));
          from = to;
        }
      } catch (error) {
        for (const call of calls) call.reject(error);
      }
    }
    this.working = undefined;
  }

  /** The longest waiting call, and those behind it that fit. */
  private next(): Call[] {
    const first = this.waiting.shift() as Call;
    const chosen = [first];
    let room = this.options.maxRows - first.rows;
    for (let i = 0; i < this.waiting.length && room > 0; ) {
      const call = this.waiting[i] as Call;
      if (call.kind !== first.kind || call.rows > room) {
        i += 1;
        continue;
      }
      chosen.push(...this.waiting.splice(i, 1));
      room -= call.rows;
    }
    return chosen;
  }
}

function kindOf(feeds: Tensors, fetches: readonly string[] | undefined): string {
  const shapes = Object.entries(feeds).map(([name, { dtype, dims }]) => [name, dtype, ...dims.slice(1)]);
  return JSON.stringify([shapes, fetches]);
}

/** Copied out, so that nobody holds on to the rows of the others. Outputs may have several rows for each of the input. */
function part(all: Tensor, rows: number, from: number, to: number): Tensor {
  const each = (all.dims[0] as number) / rows;
  if (!Number.isInteger(each)) {
    throw new WhylightError('internal', `An output of ${all.dims[0]} rows cannot be divided among ${rows} rows.`);
  }
  const view = sliceRows(all, from * each, to * each);
  return { ...view, data: view.data.slice() } as Tensor;
}

const mapTensors = (tensors: Tensors, change: (value: Tensor, name: string) => Tensor): Tensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, change(value, name)]));
