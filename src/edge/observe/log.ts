/** Structured log lines: one JSON object a line, which Workers Logs and most collectors index as it is. */
export type Level = 'info' | 'warn' | 'error';

/** Writes a log line. It must not contain keys, addresses, images or tensors. */
export type Log = (level: Level, message: string, facts?: Readonly<Record<string, unknown>>) => void;

/** Version of the schema of log lines (docs/logs.md); raised when a member changes its name or its meaning. */
export const LOG_SCHEMA = 1;

export const consoleLog: Log = (level, message, facts = {}) => {
  console[level](JSON.stringify({ schema: LOG_SCHEMA, time: new Date().toISOString(), level, message, ...facts }));
};

/** Makes a log that adds facts to every line. */
export const withFacts =
  (log: Log, shared: Readonly<Record<string, unknown>>): Log =>
  (level, message, facts) =>
    log(level, message, { ...shared, ...facts });
