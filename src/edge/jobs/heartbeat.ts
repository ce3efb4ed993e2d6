/** Heartbeat of an attempt: extends its lease, and learns when the attempt is to stop. */
import { WhylightError } from '../../core/errors.ts';
import type { Job, Progress } from './job.ts';
import type { Jobs } from './jobs.ts';

const HEARTBEAT_MS = 5_000;

export interface Heartbeat {
  /** Aborted when the attempt is to stop. */
  readonly signal: AbortSignal;
  /** Sets the progress that the next beat reports. */
  progress(progress: Progress): void;
  stop(): void;
}

/** Starts the heartbeat of a job's running attempt. */
export function startHeartbeat(jobs: Jobs, { tenant, id, attempts }: Job): Heartbeat {
  const stop = new AbortController();
  let last: Progress | undefined;
  const timer = setInterval(() => {
    jobs.alive(tenant, id, attempts, last).then(
      (goOn) => goOn || stop.abort(new WhylightError('aborted', 'The job was cancelled, or taken over.')),
      // A missed beat is harmless: should they all be missed, the lease ends and another attempt begins.
      () => undefined,
    );
  }, HEARTBEAT_MS);
  return {
    signal: stop.signal,
    progress(progress) {
      last = progress;
    },
    stop: () => clearInterval(timer),
  };
}
