import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { continueTrace, traceHeaders } from '../../../src/edge/observe/trace-context.ts';

// The example of the W3C recommendation.
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

describe('trace context', () => {
  it('continues the trace of the caller with a new span id', () => {
    const trace = continueTrace(`00-${TRACE}-${PARENT}-01`, 'congo=t61rcWkgMzE');
    expect(trace).toMatchObject({ traceId: TRACE, parentId: PARENT, sampled: true, state: 'congo=t61rcWkgMzE' });
    expect(trace.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(trace.spanId).not.toBe(PARENT);
    expect(traceHeaders(trace)).toEqual({
      traceparent: `00-${TRACE}-${trace.spanId}-01`,
      tracestate: 'congo=t61rcWkgMzE',
    });
  });

  it('keeps the sampled flag', () => {
    expect(continueTrace(`00-${TRACE}-${PARENT}-00`).sampled).toBe(false);
    expect(continueTrace(`00-${TRACE}-${PARENT}-03`).sampled).toBe(true);
  });

  it('accepts extra fields of later versions, but not of version 00', () => {
    expect(continueTrace(`01-${TRACE}-${PARENT}-01-more`).traceId).toBe(TRACE);
    expect(continueTrace(`00-${TRACE}-${PARENT}-01-more`).traceId).not.toBe(TRACE);
  });

  it.each([
    undefined,
    '',
    `ff-${TRACE}-${PARENT}-01`,
    `00-${'0'.repeat(32)}-${PARENT}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${PARENT}-01`,
    `00-${TRACE}-${PARENT}`,
  ])('starts a new trace for traceparent %j', (header) => {
    const trace = continueTrace(header, 'a=b');
    expect(trace.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(trace.traceId).not.toBe(TRACE);
    expect(trace).not.toHaveProperty('parentId');
    expect(trace).not.toHaveProperty('state');
  });

  it('sends a traceparent that it can parse again', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/)),
        (text) => {
          const trace = continueTrace(text);
          const next = continueTrace(traceHeaders(trace).traceparent);
          expect([next.traceId, next.parentId, next.sampled]).toEqual([trace.traceId, trace.spanId, trace.sampled]);
        },
      ),
    );
  });
});
