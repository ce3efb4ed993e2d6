import { describe, expect, it } from 'vitest';
import { WhylightError } from '../../../src/core/errors.ts';
import type { Explanation } from '../../../src/core/explainer/explanation.ts';
import type { RunFacts } from '../../../src/edge/observe/metrics.ts';
import { endOf, type RunMarks, recordRun } from '../../../src/edge/observe/run-record.ts';

const start = { tenant: 'acme', model: 'm', method: 'rise', rows: 2 };
const explanation = {
  rows: [{}, {}],
  samples: { forwards: 40, backwards: 0, predictions: 2 },
  timings: { engine: 12.34 },
} as unknown as Explanation;

async function recorded(work: (marks: RunMarks) => Promise<Explanation>) {
  const lines: object[] = [];
  const runs: RunFacts[] = [];
  const log = (level: string, message: string, facts = {}) => void lines.push({ level, message, ...facts });
  const metrics = { count: () => undefined, ran: (facts: RunFacts) => void runs.push(facts) };
  const failure = await recordRun({ log, metrics }, start, 'edge', work).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { lines, runs, failure };
}

describe('the record of a run', () => {
  it('tells its rows, its end, and the time in the queue apart from the rest', async () => {
    const { lines, runs } = await recorded(async (marks) => {
      await new Promise((later) => setTimeout(later, 15));
      marks.begin();
      marks.on('origin');
      return explanation;
    });
    const [line] = lines as { queue_ms: number; total_ms: number }[];
    expect(line).toMatchObject({
      ...{ level: 'info', message: 'run', ...start },
      ...{ route: 'origin', samples: 42, end: 'finished', engine_ms: 12.3 },
    });
    expect(line?.queue_ms).toBeGreaterThan(10);
    expect(line?.total_ms).toBeGreaterThanOrEqual(line?.queue_ms as number);
    expect(runs[0]).toMatchObject({ tenant: 'acme', route: 'origin', code: '', samples: 42 });
    expect(runs[0]?.queueMs).toBeGreaterThan(10);
    expect(runs[0]?.ms).toBeLessThan(10);
  });

  it('tells the code of a failure, and throws it', async () => {
    const error = new WhylightError('deadline_exceeded', 'too late');
    const { lines, failure } = await recorded(() => Promise.reject(error));
    expect(failure).toBe(error);
    expect(lines).toEqual([expect.objectContaining({ level: 'info', end: 'aborted', code: 'deadline_exceeded' })]);
  });

  it('is left out where another run takes its place', async () => {
    const { lines, runs } = await recorded(async (marks) => {
      marks.skip();
      throw new Error('deferred');
    });
    expect([lines, runs]).toEqual([[], []]);
  });

  it.each([
    ['', 'finished'],
    ['aborted', 'aborted'],
    ['deadline_exceeded', 'aborted'],
    ['overloaded', 'refused'],
    ['budget_exceeded', 'refused'],
    ['engine_failure', 'failed'],
    ['internal', 'failed'],
  ])('counts the code "%s" as %s', (code, end) => expect(endOf(code)).toBe(end));
});
