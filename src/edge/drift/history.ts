/** Attribution shares over time, hour by hour, for the page with the curves. */
import type { DriftFacts, DriftSink } from './sink.ts';

/** Shares of one hour, or of several together. */
export interface DriftPoint {
  /** Hours since 1970, at the start. */
  readonly hour: number;
  /** Rows that were counted. */
  readonly rows: number;
  /** Mean share of each group, by its name. */
  readonly shares: Readonly<Record<string, number>>;
}

/** Shares of one class by one method and version of a model. */
export interface DriftCurve {
  readonly version: string;
  readonly method: string;
  /** Label or index of the class; empty where there is none. */
  readonly label: string;
  /** Rows of all points. */
  readonly rows: number;
  /** In the order of time; hours without rows are absent. */
  readonly points: readonly DriftPoint[];
}

export interface CurvesQuery {
  readonly model: string;
  /** First hour, counted since 1970. */
  readonly since: number;
  /** Hours of one point. */
  readonly step: number;
  /** Maximum number of curves; those of most rows are returned. */
  readonly max: number;
}

/** Keeps the shares of every model for {@link KEPT_DAYS}. */
export interface DriftHistory {
  add(facts: DriftFacts, hour: number): Promise<void>;
  /** Returns the curves of a model, that of most rows first. */
  curves(query: CurvesQuery): Promise<readonly DriftCurve[]>;
}

/** Days after which shares are removed. */
export const KEPT_DAYS = 35;

const HOUR_MS = 3_600_000;

/** Returns the hour of a time in milliseconds, counted since 1970. */
export const hourOf = (time: number): number => Math.floor(time / HOUR_MS);

/** Returns the time at which an hour starts, in milliseconds. */
export const timeOf = (hour: number): number => hour * HOUR_MS;

/** Makes a sink that keeps shares in a history. */
export const historyDrift = (history: DriftHistory, rate: number, clock: () => number): DriftSink => ({
  rate,
  add: (facts) => history.add(facts, hourOf(clock())),
});

/** Makes a sink of several with the same rate. */
export const allDrift = (sinks: readonly DriftSink[], rate: number): DriftSink => ({
  rate,
  async add(facts) {
    await Promise.all(sinks.map((sink) => sink.add(facts)));
  },
});
