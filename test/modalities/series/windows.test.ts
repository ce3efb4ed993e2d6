import { describe, expect, it } from 'vitest';
import { atRate, STEPS } from '../../../src/modalities/series/series.ts';
import { digitsFor, windowEdges, windowNames } from '../../../src/modalities/series/windows.ts';

describe('windows of a time series', () => {
  it('have equal lengths for a requested number', () => {
    expect(windowEdges(10, STEPS, 1, { windows: 3 })).toEqual([0, 3, 7, 10]);
  });

  it('have the requested length, with a shorter last one', () => {
    expect(windowEdges(10, atRate(10), 1, { length: 0.4 })).toEqual([0, 4, 8, 10]);
  });

  it.each([
    [24, STEPS, 1, 24],
    [150, STEPS, 1, 30],
    [97, STEPS, 1, 30],
    [1_000_000, STEPS, 1, 25],
    [100, atRate(10), 6, 10],
    [16_000, atRate(16_000), 1, 20],
    [480_000, atRate(16_000), 1, 30],
    [100, STEPS, 12, 5],
  ])('of %i steps at %j with %i parts are %i by default', (steps, time, parts, count) => {
    const edges = windowEdges(steps, time, parts);
    expect(edges).toHaveLength(count + 1);
    expect([edges[0], edges.at(-1)]).toEqual([0, steps]);
    expect(edges.slice(1).every((edge, i) => edge > (edges[i] as number))).toBe(true);
  });

  it.each([
    [{ windows: 0 }, '0 windows were asked for: a series of 10 steps has 1 to 10'],
    [{ windows: 11 }, '11 windows were asked for'],
    [{ windows: 2.5 }, '2.5 windows'],
    [{ length: 0.5 }, 'Windows of 0.5 step are 0.5 steps long'],
    [{ windows: 2, length: 3 }, 'not both'],
  ])('are refused for the options %j', (options, message) => {
    expect(() => windowEdges(10, STEPS, 1, options)).toThrow(message);
  });

  it('are named by their seconds, with as few digits as distinguish them', () => {
    expect(windowNames([0, 4, 8, 10], atRate(10, 2.8))).toEqual(['2.8 to 3.2 s', '3.2 to 3.6 s', '3.6 to 3.8 s']);
    expect(windowNames([0, 1, 2], { start: 0, step: 1, unit: 'h' })).toEqual(['0 to 1 h', '1 to 2 h']);
    expect(digitsFor([0, 0.125, 0.25])).toBe(3);
  });

  it('are named by their steps when the time is unknown', () => {
    expect(windowNames([0, 1, 5], STEPS)).toEqual(['step 0', 'steps 1 to 4']);
  });
});
