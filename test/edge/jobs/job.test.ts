import fc from 'fast-check';
import { expect, it } from 'vitest';
import * as transitions from '../../../src/edge/jobs/job.ts';
import { JOB_TIMES, type Job, MAX_ATTEMPTS } from '../../../src/edge/jobs/job.ts';

const NEW = { tenant: 't', id: 'a', fingerprint: 'f', question: 'q', model: 'm', method: 'saliency' };
const FAILURE = { code: 'origin_unavailable', message: 'gone', details: {} } as const;

it('a job has one live attempt at a time, and starts another when the lease expires', () => {
  const job = transitions.leased(transitions.accepted(NEW, 0), 10, JOB_TIMES) as Job;
  expect(job).toMatchObject({ status: 'running', attempts: 1 });
  expect(transitions.leased(job, 11, JOB_TIMES)).toBeUndefined();
  const second = transitions.leased(job, 10 + JOB_TIMES.lease, JOB_TIMES) as Job;
  expect(second.attempts).toBe(2);
  expect(transitions.succeeded(second, 1, 'late', 50_000)).toBeUndefined();
  expect(transitions.alive(second, 1, undefined, 50_000, JOB_TIMES)).toBeUndefined();
  expect(transitions.succeeded(second, 2, 'result-2', 50_000)).toMatchObject({
    status: 'succeeded',
    result: 'result-2',
  });
});

it('a job fails with the last error after the maximum number of attempts', () => {
  let job = transitions.accepted(NEW, 0);
  for (let i = 1; i <= MAX_ATTEMPTS; i++) {
    expect(job.status).toBe('queued');
    job = transitions.attemptFailed(transitions.leased(job, i, JOB_TIMES) as Job, i, FAILURE, false, i) as Job;
  }
  expect(job).toMatchObject({ status: 'failed', failure: FAILURE, attempts: MAX_ATTEMPTS });
});

it('a job always has a next step, so that it ends and is deleted after any sequence of events', () => {
  const step = fc.oneof(
    fc.record({ op: fc.constantFrom('lease', 'cancel', 'abandon', 'due', 'due', 'due'), attempt: fc.constant(0) }),
    fc.record({
      op: fc.constantFrom('alive', 'succeed', 'fail', 'failFinally'),
      attempt: fc.integer({ min: 1, max: 4 }),
    }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fc.integer({ min: 0, max: 100_000 })), { maxLength: 60 }), (steps) => {
      let job = transitions.accepted({ ...NEW, webhook: 'https://a.example/' }, 0);
      let now = 0;
      for (const [{ op, attempt }, wait] of steps) {
        now += wait;
        const before = job;
        const next: Job | undefined = {
          lease: () => transitions.leased(job, now, JOB_TIMES),
          cancel: () => transitions.cancelled(job, now),
          abandon: () => transitions.abandoned(job, now),
          alive: () => transitions.alive(job, attempt, undefined, now, JOB_TIMES),
          succeed: () => transitions.succeeded(job, attempt, `result-${attempt}`, now),
          fail: () => transitions.attemptFailed(job, attempt, FAILURE, false, now),
          failFinally: () => transitions.attemptFailed(job, attempt, FAILURE, true, now),
          due: () =>
            transitions.due(job, JOB_TIMES).at > now
              ? job
              : transitions.due(job, JOB_TIMES).what === 'send'
                ? transitions.sentAgain(job, now)
                : job,
        }[op as 'lease']();
        job = next ?? job;
        // What has ended stays as it ended, and a result is that of the attempt that counted.
        if (transitions.hasEnded(before)) expect(job.status).toBe(before.status);
        if (job.status === 'succeeded') expect(job.result).toBe(`result-${job.attempts}`);
        expect(Number.isFinite(transitions.due(job, JOB_TIMES).at)).toBe(true);
      }
      for (let i = 0; i < 100 && !transitions.hasEnded(job); i++) {
        const { what, at } = transitions.due(job, JOB_TIMES);
        job = what === 'send' ? transitions.sentAgain(job, at) : transitions.expired(job, at);
      }
      expect(transitions.hasEnded(job)).toBe(true);
      expect(transitions.due({ ...job, announced: true }, JOB_TIMES).what).toBe('forget');
    }),
  );
});

it('a webhook that fails is called eight times within a day, however often its messages are delivered', () => {
  const running = transitions.leased(transitions.accepted({ ...NEW, webhook: 'https://a.example/' }, 0), 0, JOB_TIMES);
  let job = transitions.succeeded(running as Job, 1, 'result', 0) as Job;
  const calls: number[] = [];
  let now = 0;
  const deliver = () => {
    const called = transitions.announcing(job, now);
    if (!called) return;
    calls.push(now);
    job = called;
  };
  for (;;) {
    for (let copies = 0; copies < 3; copies++) deliver();
    const { what, at } = transitions.due(job, JOB_TIMES);
    if (what === 'forget') break;
    // A message that is late does not begin another series.
    now = (now + at) / 2;
    deliver();
    now = at;
    job = transitions.sentAgain(job, now);
  }
  const minutes = calls.map((time) => time / 60_000);
  expect(minutes).toEqual([0, 0.25, 1.25, 6.25, 36.25, 156.25, 456.25, 1056.25]);
});

it('a webhook whose message the queue has lost is announced again', () => {
  const ended = transitions.cancelled(transitions.accepted({ ...NEW, webhook: 'https://a.example/' }, 0), 0);
  expect(transitions.due(ended, JOB_TIMES)).toEqual({ what: 'announce', at: JOB_TIMES.resend });
  const called = transitions.announcing(ended, 0) as Job;
  const lost = transitions.sentAgain(called, called.nextDelivery as number);
  const { what, at } = transitions.due(lost, JOB_TIMES);
  expect([what, at > lost.sent]).toEqual(['announce', true]);
  expect(transitions.announcing(lost, at)?.deliveries).toBe(2);
});
