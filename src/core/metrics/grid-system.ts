/**
 * Linear systems on a grid in which each unknown is linked with its eight neighbours: symmetric and positive definite,
 * solved by conjugate gradients that a multigrid cycle preconditions. The number of rounds then hardly depends on the
 * size of the region that is solved for.
 *
 * @see Vaněk, Mandel, Brezina 1996, "Algebraic multigrid by smoothed aggregation", and Braess 1995, "Towards algebraic
 *   multigrid for elliptic problems of second order", for the factor of the correction
 */

/** Grids up to this many cells are solved by sweeps alone. */
const SMALLEST = 16;
const SMALL_SWEEPS = 8;
/** Factor of the correction from a coarser grid: constants over blocks of cells underestimate it. */
const CORRECTION = 1.7;

/** A system on a grid that has a border of cells without unknowns. */
export interface GridSystem {
  /** Cells of a row, border included. */
  readonly stride: number;
  /** Cells that hold an unknown, in the order of the grid. */
  readonly at: Uint32Array;
  /** Diagonal of the matrix for each cell; 0 where there is no unknown. */
  readonly diagonal: Float64Array;
  readonly links: Links;
}

/** Weight of the link of each cell with the next one in four directions; the other four are the same links. */
export interface Links {
  readonly right: Float64Array;
  readonly below: Float64Array;
  /** Below right. */
  readonly diagonal: Float64Array;
  /** Below left. */
  readonly anti: Float64Array;
}

/** Sum over the neighbours of a cell, by the weight of their link. */
function linked({ stride, links: { right, below, diagonal, anti } }: GridSystem, x: Float64Array, p: number): number {
  const up = p - stride;
  const down = p + stride;
  return (
    (right[p] as number) * (x[p + 1] as number) +
    (right[p - 1] as number) * (x[p - 1] as number) +
    (below[p] as number) * (x[down] as number) +
    (below[up] as number) * (x[up] as number) +
    (diagonal[p] as number) * (x[down + 1] as number) +
    (diagonal[up - 1] as number) * (x[up - 1] as number) +
    (anti[p] as number) * (x[down - 1] as number) +
    (anti[up + 1] as number) * (x[up + 1] as number)
  );
}

/** The system with one unknown for each block of two by two cells. */
function coarser({ stride, at, diagonal, links: fine }: GridSystem): { system: GridSystem; cellOf: Uint32Array } {
  const rows = diagonal.length / stride - 2;
  const width = Math.ceil((stride - 2) / 2) + 2;
  const size = (Math.ceil(rows / 2) + 2) * width;
  const cellOf = new Uint32Array(diagonal.length);
  for (const p of at) {
    const y = Math.floor(p / stride) - 1;
    const x = (p % stride) - 1;
    cellOf[p] = ((y >> 1) + 1) * width + (x >> 1) + 1;
  }
  const coarse = new Float64Array(size);
  const links: Links = {
    right: new Float64Array(size),
    below: new Float64Array(size),
    diagonal: new Float64Array(size),
    anti: new Float64Array(size),
  };
  const listOf = new Map([
    [1, links.right],
    [width, links.below],
    [width + 1, links.diagonal],
    [width - 1, links.anti],
  ]);
  const add = (p: number, step: number, weight: number): void => {
    if (weight === 0) return;
    const cell = cellOf[p] as number;
    const other = cellOf[p + step] as number;
    if (other === cell) {
      coarse[cell] = (coarse[cell] as number) - 2 * weight;
      return;
    }
    const first = Math.min(cell, other);
    const list = listOf.get(Math.abs(other - cell)) as Float64Array;
    list[first] = (list[first] as number) + weight;
  };
  for (const p of at) {
    const cell = cellOf[p] as number;
    coarse[cell] = (coarse[cell] as number) + (diagonal[p] as number);
    add(p, 1, fine.right[p] as number);
    add(p, stride, fine.below[p] as number);
    add(p, stride + 1, fine.diagonal[p] as number);
    add(p, stride - 1, fine.anti[p] as number);
  }
  return { cellOf, system: { stride: width, at: positiveCells(coarse), diagonal: coarse, links } };
}

function positiveCells(diagonal: Float64Array): Uint32Array {
  const cells = new Uint32Array(diagonal.length);
  let count = 0;
  for (let cell = 0; cell < diagonal.length; cell++) if ((diagonal[cell] as number) > 0) cells[count++] = cell;
  return cells.slice(0, count);
}

/** One level of the hierarchy. */
interface Level {
  readonly system: GridSystem;
  /** Cell of the next level for each cell; undefined on the last level. */
  readonly cellOf?: Uint32Array;
  readonly x: Float64Array;
  readonly b: Float64Array;
}

function levelsOf(system: GridSystem): Level[] {
  const levels: Level[] = [];
  for (let next = system; ; ) {
    const memory = {
      system: next,
      x: new Float64Array(next.diagonal.length),
      b: new Float64Array(next.diagonal.length),
    };
    if (next.at.length <= SMALLEST) return [...levels, memory];
    const { system: smaller, cellOf } = coarser(next);
    levels.push({ ...memory, cellOf });
    next = smaller;
  }
}

/** Sweeps of Gauss and Seidel, forwards or backwards. */
function sweep({ system, x, b }: Level, forwards: boolean): void {
  const { at, diagonal } = system;
  for (let i = 0; i < at.length; i++) {
    const p = at[forwards ? i : at.length - 1 - i] as number;
    x[p] = ((b[p] as number) + linked(system, x, p)) / (diagonal[p] as number);
  }
}

/** One cycle from zero: writes into `x` of the level what nearly solves its `b`. Symmetric in `b`. */
function cycle(levels: readonly Level[], depth: number): void {
  const level = levels[depth] as Level;
  const { system, x, b, cellOf } = level;
  x.fill(0);
  const next = levels[depth + 1];
  if (!next || !cellOf) {
    for (let i = 0; i < SMALL_SWEEPS; i++) {
      sweep(level, true);
      sweep(level, false);
    }
    return;
  }
  sweep(level, true);
  next.b.fill(0);
  const { at } = system;
  for (let i = 0; i < at.length; i++) {
    const p = at[i] as number;
    const residual = (b[p] as number) - (system.diagonal[p] as number) * (x[p] as number) + linked(system, x, p);
    const cell = cellOf[p] as number;
    next.b[cell] = (next.b[cell] as number) + residual;
  }
  cycle(levels, depth + 1);
  for (let i = 0; i < at.length; i++) {
    const p = at[i] as number;
    x[p] = (x[p] as number) + CORRECTION * (next.x[cellOf[p] as number] as number);
  }
  sweep(level, false);
}

export interface SolveOptions {
  /** Residual at the end, as a share of the norm of the right-hand side. */
  readonly tolerance: number;
  readonly maxRounds: number;
}

/**
 * Prepares a solver of a system for any number of right-hand sides.
 * @returns writes the solution over a first guess; both have a value for each cell of the grid
 */
export function gridSolver(
  system: GridSystem,
  { tolerance, maxRounds }: SolveOptions,
): (b: Float64Array, x: Float64Array) => void {
  const levels = levelsOf(system);
  const [finest] = levels as [Level];
  const { at, diagonal } = system;
  const dot = (a: Float64Array, b: Float64Array): number => {
    let total = 0;
    for (let i = 0; i < at.length; i++) total += (a[at[i] as number] as number) * (b[at[i] as number] as number);
    return total;
  };
  const times = (x: Float64Array, product: Float64Array): void => {
    for (let i = 0; i < at.length; i++) {
      const p = at[i] as number;
      product[p] = (diagonal[p] as number) * (x[p] as number) - linked(system, x, p);
    }
  };
  return (b, x) => {
    const [product, residual, direction] = [0, 1, 2].map(() => new Float64Array(x.length)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    times(x, product);
    for (const p of at) residual[p] = (b[p] as number) - (product[p] as number);
    const enough = tolerance ** 2 * Math.max(dot(b, b), Number.MIN_VALUE);
    let before = 0;
    for (let round = 0; round < maxRounds && dot(residual, residual) > enough; round++) {
      finest.b.set(residual);
      cycle(levels, 0);
      const size = dot(residual, finest.x);
      const ratio = round === 0 ? 0 : size / before;
      for (let i = 0; i < at.length; i++) {
        const p = at[i] as number;
        direction[p] = (finest.x[p] as number) + ratio * (direction[p] as number);
      }
      times(direction, product);
      const step = size / dot(direction, product);
      for (let i = 0; i < at.length; i++) {
        const p = at[i] as number;
        x[p] = (x[p] as number) + step * (direction[p] as number);
        residual[p] = (residual[p] as number) - step * (product[p] as number);
      }
      before = size;
    }
  };
}
