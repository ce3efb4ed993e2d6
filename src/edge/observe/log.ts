/** Structured log lines: one JSON object a line, which Workers Logs and most collectors index as it is. */
export type Level = 'info' | 'warn' | 'error';

/** Writes a log line. It must not contain keys, addresses, images or tensors. */
export type Log = (level: Level, message: string, facts?: Readonly<Record<string, unknown>>) => void;

export const consoleLog: Log = (level, message, facts = {}) => {
  console[level](JSON.stringify({ level, message, ...facts }));
};

/** Makes a log that adds facts to every line. */
export const withFacts =
  (log: Log, shared: Readonly<Record<string, unknown>>): Log =>
  (level, message, facts) =>
    log(level, message, { ...shared, ...facts });
