import { describe, expect, it } from 'vitest';
import { beeswarm, type SwarmRow } from '../../../src/core/modality/beeswarm.ts';

const row = (age: number, value: number, city = 0): SwarmRow => ({
  features: [
    { name: `age = ${age}`, key: 'age', amount: age },
    { name: 'city = <Kiel>', key: 'city <name>' },
  ],
  values: [value, city],
});

const circles = (drawing: string) =>
  [...drawing.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" r="[\d.]+" fill="(#\w+)"/g)].map(([, x, y, color]) => ({
    x: Number(x),
    y: Number(y),
    color: color as string,
  }));

describe('beeswarm', () => {
  it('has a line for each column and a dot for each row, at its attribution', () => {
    const drawn = circles(beeswarm('yes', [row(20, -1), row(30, 0), row(60, 1)]));
    expect(drawn).toHaveLength(6);
    const [low = 0, middle = 0, high = 0] = drawn.map(({ x }) => x);
    expect(low).toBeLessThan(middle);
    expect(high - middle).toBeCloseTo(middle - low, 1);
  });

  it('colours values from blue to red by rank, and what is no number grey', () => {
    const [young, , old, city] = circles(
      beeswarm('yes', [row(20, 1), row(30, 1), row(1e9, 1)]).replaceAll('\n', ''),
    ) as {
      color: string;
    }[];
    const [red, , blue] = /#(..)(..)(..)/.exec(young?.color ?? '')?.slice(1) ?? [];
    expect(Number.parseInt(blue ?? '', 16)).toBeGreaterThan(Number.parseInt(red ?? '', 16));
    const [warm, , cold] = /#(..)(..)(..)/.exec(old?.color ?? '')?.slice(1) ?? [];
    expect(Number.parseInt(warm ?? '', 16)).toBeGreaterThan(Number.parseInt(cold ?? '', 16));
    expect(city?.color).toBe('#8c959f');
  });

  it('puts the columns with the largest values first, and keeps dots of equal values apart', () => {
    const drawing = beeswarm('yes', [row(20, 0.1, 3), row(20, 0.1, -3)]);
    expect(drawing.indexOf('city')).toBeLessThan(drawing.indexOf('>age<'));
    const [, , first, second] = circles(drawing);
    expect(first?.x).toBe(second?.x);
    expect(first?.y).not.toBe(second?.y);
  });

  it('escapes names, and draws no rows at all', () => {
    expect(beeswarm('a < b', [row(1, 1)])).toContain('city &lt;name&gt;');
    expect(beeswarm('a', [])).toMatch(/^<svg/);
  });
});
