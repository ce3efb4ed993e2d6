/** Structured log lines: one JSON object a line, which Workers Logs and most collectors index as it is. */
export type Level = 'info' | 'warn' | 'error';

/** Never given keys, addresses, pictures or tensors. */
export type Log = (level: Level, message: string, facts?: Readonly<Record<string, unknown>>) => void;

export const consoleLog: Log = (level, message, facts = {}) => {
  console[level](JSON.stringify({ level, message, ...facts }));
};

/** A log whose lines all hold these facts. */
export const withFacts =
  (log: Log, shared: Readonly<Record<string, unknown>>): Log =>
  (level, message, facts) =>
    log(level, message, { ...shared, ...facts });
