/** Prices of explanations. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HIT, jobOf, LIST_PRICES, missOf, mixed, monthOf, priceOf } from '../../src/cli/price/list-prices.ts';
import { whylight } from '../support/command-line.ts';

const page = readFileSync('docs/cloudflare.md', 'utf8');
/** Line of the table of prices. */
const line = (name: string): string => page.split('\n').find((one) => one.startsWith(`| ${name}`)) ?? '';

describe('the list prices', () => {
  it.each([
    ['Requests | 100,000 a day | 10 million', [LIST_PRICES.million.requests]],
    ['CPU time | 10 ms a request | 30 million', [LIST_PRICES.million.cpuMs]],
    ['KV:', [LIST_PRICES.million.kvReads, LIST_PRICES.million.kvWrites]],
    ['R2:', [LIST_PRICES.million.r2Writes, LIST_PRICES.million.r2Reads]],
    ['Durable Objects:', [LIST_PRICES.million.durableObjectRequests]],
    ['Queues:', [LIST_PRICES.million.queueOperations]],
  ])('are those of docs/cloudflare.md in the line %s', (name, prices) => {
    const found = [...line(name).matchAll(/\d+\.\d+/g)].map(([number]) => Number(number));
    expect(found).toEqual(expect.arrayContaining(prices));
  });

  it('are of the month that docs/cloudflare.md names', () => expect(page).toContain(LIST_PRICES.date));
});

describe('the price of explanations', () => {
  it('is that of a calculation by hand', () => {
    // A million misses of 500 ms: requests 0.30, CPU time 503 * 0.02, one read 0.50 and one write 5.00.
    expect(priceOf(missOf(500)) * 1e6).toBeCloseTo(0.3 + 503 * 0.02 + 0.5 + 5, 6);
    expect(priceOf(HIT) * 1e6).toBeCloseTo(0.3 + 3 * 0.02 + 0.5, 6);
  });

  it('falls with the share of hits, and is higher as a job', () => {
    const prices = [0, 0.5, 1].map((share) => priceOf(mixed(HIT, missOf(100), share)));
    expect(prices[1]).toBeCloseTo(((prices[0] as number) + (prices[2] as number)) / 2, 12);
    expect(prices[2]).toBe(priceOf(HIT));
    expect(priceOf(jobOf(100))).toBeGreaterThan(priceOf(missOf(100)));
  });

  it('is the base of the plan as long as nothing exceeds what the plan includes', () => {
    expect(monthOf(HIT, 1_000_000)).toBe(LIST_PRICES.plan);
    // 31 million ms of CPU time, 30 of them included.
    expect(monthOf({ cpuMs: 31 }, 1_000_000)).toBeCloseTo(LIST_PRICES.plan + 0.02, 9);
  });
});

describe('whylight price', () => {
  it('prices methods by their rows, the cheapest first', () => {
    const { code, stdout } = whylight('price', '--model', 'cifar10', '--methods', 'rise,saliency', '--json');
    expect(code).toBe(0);
    const { methods, hit_rate } = JSON.parse(stdout) as {
      hit_rate: number;
      methods: { method: string; rows: number; usd: number }[];
    };
    expect(hit_rate).toBe(0.5);
    expect(methods.map(({ method }) => method)).toEqual(['saliency', 'rise']);
    const [saliency, rise] = methods as [(typeof methods)[0], (typeof methods)[0]];
    expect(rise.rows).toBeGreaterThan(100 * saliency.rows);
    expect(rise.usd).toBeGreaterThan(2 * saliency.usd);
  });

  it('says why a method that is named does not apply, and that an open size has no price', () => {
    expect(whylight('price', '--model', 'cifar10', '--methods', 'tree_shap')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('unprocessable_method'),
    });
    expect(whylight('price', '--model', 'movie_reviews').stderr).toContain('open size');
  });
});
