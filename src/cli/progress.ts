/**
 * Progress on stderr. On a terminal a bar that appears when a run takes longer than a moment; elsewhere, as in a log, a
 * line now and then.
 */
import { counted, noun as nounFor } from '../core/counted.ts';
import type { StudyProgress } from '../report/run.ts';

const WIDTH = 30;
/** Time before the bar appears. */
const PATIENCE_MS = 400;
/** Time between the lines of a log. */
const LINE_INTERVAL_MS = 10_000;

export interface Progress {
  update(done: number, total: number): void;
  /** Wipes the bar. */
  end(): void;
}

export function progressBar(
  label: string,
  stream: NodeJS.WriteStream = process.stderr,
  lineInterval = LINE_INTERVAL_MS,
): Progress {
  return stream.isTTY ? terminalBar(label, stream) : logLines(label, stream, lineInterval);
}

function logLines(label: string, stream: NodeJS.WriteStream, interval: number): Progress {
  const estimate = timeLeft();
  let last = Date.now();
  return {
    update(done, total) {
      const left = estimate(done, total);
      if (Date.now() - last < interval || total <= 0) return;
      last = Date.now();
      stream.write(`${label}: ${done} of ${total}${left}\n`);
    },
    end() {},
  };
}

function terminalBar(label: string, stream: NodeJS.WriteStream): Progress {
  const started = Date.now();
  const estimate = timeLeft();
  let drawn = '';
  return {
    update(done, total) {
      const left = estimate(done, total);
      if (Date.now() - started < PATIENCE_MS || total <= 0) return;
      const share = Math.min(1, done / total);
      const filled = Math.round(share * WIDTH);
      const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
      const line = `${label} ${bar} ${Math.round(share * 100)} %${left}`;
      if (line !== drawn) stream.write(`\r${line.padEnd(drawn.length)}`);
      drawn = line;
    },
    end() {
      if (drawn) stream.write(`\r${' '.repeat(drawn.length)}\r`);
      drawn = '';
    },
  };
}

/** Estimates from what was done since the first call: what was there before took no time. */
function timeLeft(): (done: number, total: number) => string {
  const started = Date.now();
  let first: number | undefined;
  return (done, total) => {
    first ??= done;
    const seconds = ((Date.now() - started) / 1000 / (done - first)) * (total - done);
    return Number.isFinite(seconds) && seconds >= 5 ? `, ${duration(seconds)} left` : '';
  };
}

/** `45 s`, `3 min`, `2 h 5 min` */
export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * Progress of a study on stderr: its size, then a bar.
 * @param noun for one input
 */
export function studyProgress(noun: string): StudyProgress {
  const bar = progressBar(nounFor(2, noun));
  return {
    begin: (inputs, rows) => {
      // Texts of more words take more rows.
      const about = noun === 'image' ? '' : 'about ';
      process.stderr.write(
        `${counted(inputs, noun)}, ${about}${counted(rows, 'row')} each: ${about}${counted(rows * inputs, 'row')}\n`,
      );
    },
    update: bar.update,
    end: bar.end,
  };
}
