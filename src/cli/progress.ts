/** A progress bar on stderr: appears when a run takes longer than a moment, and only on a terminal. */
import type { StudyProgress } from '../report/run.ts';

const WIDTH = 30;
const PATIENCE_MS = 400;

export interface Progress {
  update(done: number, total: number): void;
  /** Wipes the bar. */
  end(): void;
}

export function progressBar(label: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY) return { update() {}, end() {} };
  const started = Date.now();
  let drawn = '';
  let first: number | undefined;
  /** From what was done since the first call: what was there before took no time. */
  const estimate = (done: number, total: number): string => {
    const seconds = ((Date.now() - started) / 1000 / (done - (first ?? 0))) * (total - done);
    return Number.isFinite(seconds) && seconds >= 5 ? `, ${duration(seconds)} left` : '';
  };
  return {
    update(done, total) {
      first ??= done;
      if (Date.now() - started < PATIENCE_MS || total <= 0) return;
      const share = Math.min(1, done / total);
      const filled = Math.round(share * WIDTH);
      const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
      const line = `${label} ${bar} ${Math.round(share * 100)} %${estimate(done, total)}`;
      if (line !== drawn) stream.write(`\r${line.padEnd(drawn.length)}`);
      drawn = line;
    },
    end() {
      if (drawn) stream.write(`\r${' '.repeat(drawn.length)}\r`);
      drawn = '';
    },
  };
}

/** `45 s`, `3 min`, `2 h 5 min` */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Progress of a study on stderr: its size, then a bar. */
export function studyProgress(): StudyProgress {
  const bar = progressBar('looking');
  return {
    begin: (images, rows) => process.stderr.write(`${images} images, ${rows} rows each: ${rows * images} rows\n`),
    update: bar.update,
    end: bar.end,
  };
}
