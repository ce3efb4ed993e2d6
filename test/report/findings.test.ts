import { describe, expect, it } from 'vitest';
import { Random } from '../../src/core/tensor/random.ts';
import { type Evidence, GRID, massOnGrid, SMALL, smallImage } from '../../src/report/evidence.ts';
import { findings, STRIKING } from '../../src/report/findings.ts';

const CELL = SMALL / GRID;

/** Noise images of three classes whose evidence lies about the middle; `stamped` ones of class 0 also have a corner. */
function images(stamped: number, { each = 20, samePixels = true } = {}): Evidence[] {
  return Array.from({ length: 3 * each }, (_, i) => {
    const random = new Random(5, i);
    const [noise, weights] = [random.uniform(SMALL * SMALL), random.uniform(GRID * GRID, SMALL * SMALL)];
    const pixels = Float64Array.from(noise, (value) => 100 + 80 * value);
    const map = Float64Array.from(weights, (value, cell) => {
      const [y, x] = [Math.floor(cell / GRID), cell % GRID];
      return value * Math.exp(-((y - 3.5) ** 2 + (x - 3.5) ** 2) / 6);
    });
    if (i < stamped) {
      for (const cell of [6 * GRID, 6 * GRID + 1, 7 * GRID, 7 * GRID + 1]) map[cell] = 1.5;
      if (samePixels) {
        for (let y = 6 * CELL; y < SMALL; y++) {
          for (let x = 0; x < 2 * CELL; x++) pixels[y * SMALL + x] = (x * y) % 3 === 0 ? 230 : 40;
        }
      }
    }
    return { group: String(Math.floor(i / each)), mass: massOnGrid(map, GRID, GRID), pixels };
  });
}

describe('findings', () => {
  it.each([4, 10, 20])('ranks a stamp on %d of 20 images first, with exactly these images', (stamped) => {
    const [first, second] = findings(images(stamped));
    expect(first).toMatchObject({ group: '0', of: 20, members: Array.from({ length: stamped }, (_, i) => i) });
    expect(first?.spot).toEqual({ x: 0, y: 0.75, width: 0.25, height: 0.25 });
    expect(first?.alike).toBeGreaterThan(0.95);
    expect(first?.strength).toBeGreaterThan(STRIKING);
    expect(second?.strength ?? 0).toBeLessThan(STRIKING);
  });

  it('finds nothing striking without a stamp', () => {
    for (const one of findings(images(0))) expect(one.strength).toBeLessThan(STRIKING);
  });

  it('rates a spot as not striking when the pixels under it differ', () => {
    const [first] = findings(images(10, { samePixels: false }));
    expect(first).toMatchObject({ group: '0', spot: { x: 0, y: 0.75 } });
    expect(first?.strength).toBeLessThan(STRIKING);
  });

  it('is deterministic, and ignores all-zero maps', () => {
    const blank = { group: '1', mass: new Float64Array(GRID * GRID), pixels: new Float64Array(SMALL * SMALL) };
    const some = [...images(10), blank];
    expect(findings(some, 3)).toEqual(findings(some, 3));
    expect(findings([blank])).toEqual([]);
    expect(findings([])).toEqual([]);
  });
});

describe('massOnGrid', () => {
  it('distributes the positive values over the grid, with sum 1', () => {
    const mass = massOnGrid([1, -5, 0, 3], 2, 2);
    expect([...mass].reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    expect(mass[2 * GRID + 2]).toBeCloseTo(0.25, 12);
    expect([...massOnGrid([-1, 0], 2, 1)].every((value) => value === 0)).toBe(true);
  });
});

describe('smallImage', () => {
  it('keeps the layout of the image', () => {
    const data = new Uint8Array(4 * 4 * 4).fill(255);
    data.fill(0, 0, 8);
    const small = smallImage({ width: 4, height: 4, data });
    expect(small[0]).toBeLessThan(80);
    expect(small.at(-1)).toBeCloseTo(255, 6);
  });
});
