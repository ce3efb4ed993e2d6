/** A progress bar on stderr: appears when a run takes longer than a moment, and only on a terminal. */
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
  return {
    update(done, total) {
      if (Date.now() - started < PATIENCE_MS || total <= 0) return;
      const share = Math.min(1, done / total);
      const filled = Math.round(share * WIDTH);
      const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
      const line = `${label} ${bar} ${Math.round(share * 100)} %`;
      if (line !== drawn) stream.write(`\r${line}`);
      drawn = line;
    },
    end() {
      if (drawn) stream.write(`\r${' '.repeat(drawn.length)}\r`);
      drawn = '';
    },
  };
}
