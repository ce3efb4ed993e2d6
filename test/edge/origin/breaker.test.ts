import { describe, expect, it } from 'vitest';
import { Breaker } from '../../../src/edge/origin/breaker.ts';

/** A breaker that opens at the second failure, for 100 ms at first and 300 at most, and its clock. */
function breaker() {
  const time = { now: 0 };
  return { time, it: new Breaker({ failures: 2, pause: 100, maxPause: 300, clock: () => time.now }) };
}
const fail = (it: Breaker): void => {
  expect(it.enter()).toBe(true);
  it.failure();
};

describe('Breaker', () => {
  it('opens after consecutive failures, not after single ones', () => {
    const { it: one } = breaker();
    fail(one);
    expect(one.enter()).toBe(true);
    one.succeeded();
    fail(one);
    expect(one.state).toBe('closed');
    fail(one);
    expect(one.state).toBe('open');
    expect(one.enter()).toBe(false);
    expect(one.wait).toBe(100);
  });

  it('admits one trial request after the pause, and closes when it succeeds', () => {
    const { it: one, time } = breaker();
    fail(one);
    fail(one);
    time.now = 100;
    expect(one.state).toBe('half_open');
    expect(one.enter()).toBe(true);
    expect(one.enter()).toBe(false);
    one.succeeded();
    expect(one.state).toBe('closed');
    expect(one.enter()).toBe(true);
  });

  it('doubles its pause after each failed trial, up to the maximum', () => {
    const { it: one, time } = breaker();
    fail(one);
    fail(one);
    for (const wait of [200, 300, 300]) {
      time.now += one.wait;
      fail(one);
      expect(one.wait).toBe(wait);
    }
  });

  it('admits another trial after a withdrawn one', () => {
    const { it: one, time } = breaker();
    fail(one);
    fail(one);
    time.now = 100;
    expect(one.enter()).toBe(true);
    one.withdrawn();
    expect(one.enter()).toBe(true);
  });
});
