/** Upper bounds on one compilation: nodes and constants that it writes, the work that it does, and the time that it takes. */
import { WhylightError } from '../errors.ts';

/** Limits of one compilation. A graph that is compiled once serves every further request. */
export interface CompileLimits {
  /** Nodes that all steps of a compilation may write. */
  readonly nodes: number;
  /** Bytes of constants that a compilation may add to those of the model. */
  readonly constantBytes: number;
  /**
   * Visits of nodes by the passes over a graph, and {@link BYTES_PER_VISIT} of computed constants for one more. It bounds
   * the time where the clock stands still while code runs, as in Workers.
   */
  readonly work: number;
  /** Wall time in milliseconds, looked at between steps. */
  readonly milliseconds: number;
}

const MIB = 2 ** 20;

/** Constants of so many bytes take about as long to compute as a visit of a node. */
const BYTES_PER_VISIT = 2048;

/** Limits of a process; an isolate has smaller ones. */
export const COMPILE_LIMITS: CompileLimits = {
  nodes: 200_000,
  constantBytes: 2048 * MIB,
  work: 20_000_000,
  milliseconds: 120_000,
};

/** Counts of one compilation so far, or of a part of it. */
export type Spent = Readonly<Record<'nodes' | 'bytes' | 'visits', number>>;

/** Count of what one compilation has written so far. */
export class CompileBudget {
  private readonly limits: CompileLimits;
  private readonly clock: () => number;
  private readonly started: number;
  private nodes = 0;
  private bytes = 0;
  private visits = 0;

  /** @param clock milliseconds, from any origin */
  constructor(limits: CompileLimits = COMPILE_LIMITS, clock: () => number = () => performance.now()) {
    this.limits = limits;
    this.clock = clock;
    this.started = clock();
  }

  /** Counts so far. */
  get spent(): Spent {
    const { nodes, bytes, visits } = this;
    return { nodes, bytes, visits };
  }

  /** Returns what was spent since an earlier {@link spent}. */
  since({ nodes, bytes, visits }: Spent): Spent {
    return { nodes: this.nodes - nodes, bytes: this.bytes - bytes, visits: this.visits - visits };
  }

  /**
   * Counts what was spent before on the same work, for a compilation that takes over its result.
   * @throws WhylightError `compilation_limit`
   */
  spend({ nodes, bytes, visits }: Spent): void {
    this.fits(bytes);
    this.bytes += bytes;
    this.nodes += nodes;
    this.checkNodes();
    this.visit(visits);
  }

  /**
   * Counts a node that is about to be written, and looks at the time.
   * @throws WhylightError `compilation_limit`
   */
  node(): void {
    this.nodes += 1;
    this.checkNodes();
    this.visit(1);
  }

  /**
   * Counts visits of nodes that a pass is about to make, and looks at the time.
   * @throws WhylightError `compilation_limit`
   */
  visit(nodes: number): void {
    this.visits += nodes;
    const { work } = this.limits;
    if (this.visits > work) throw this.exceeded('work', `${work} visits of nodes`, Math.round(this.visits));
    this.time();
  }

  /**
   * Counts bytes of constants that were computed, whether they are kept or not.
   * @throws WhylightError `compilation_limit`
   */
  computed(bytes: number): void {
    this.visit(bytes / BYTES_PER_VISIT);
  }

  /**
   * Counts the bytes of a constant before it is made.
   * @throws WhylightError `compilation_limit`
   */
  constant(bytes: number): void {
    this.fits(bytes);
    this.bytes += bytes;
    this.computed(bytes);
  }

  /**
   * Checks that a constant of so many bytes would fit, without counting it.
   * @throws WhylightError `compilation_limit`
   */
  fits(bytes: number): void {
    const total = this.bytes + bytes;
    const { constantBytes: allowed } = this.limits;
    if (total > allowed) throw this.exceeded('constantBytes', `${mebibytes(allowed)} of new constants`, total);
  }

  /**
   * Looks at the time.
   * @throws WhylightError `compilation_limit`
   */
  time(): void {
    const spent = this.clock() - this.started;
    const { milliseconds } = this.limits;
    if (spent > milliseconds) throw this.exceeded('milliseconds', `${milliseconds} ms`, Math.round(spent));
  }

  private checkNodes(): void {
    const { nodes } = this.limits;
    if (this.nodes > nodes) throw this.exceeded('nodes', `${nodes} nodes`, this.nodes);
  }

  private exceeded(limit: keyof CompileLimits, allowed: string, reached: number): WhylightError {
    return new WhylightError(
      'compilation_limit',
      `Compiling the graph that this method needs would take more than ${allowed}. Send a shorter or smaller input where the model allows it, use a perturbation method, which needs no derivative, or raise the limit compilation.${limit}.`,
      { limit, allowed: this.limits[limit], reached },
    );
  }
}

const mebibytes = (bytes: number): string => `${Math.round((bytes / MIB) * 10) / 10} MiB`;
