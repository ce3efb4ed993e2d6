/** Sinks of attribution shares. */
import { type Dataset, MAX_INDEX_BYTES } from '../observe/analytics-engine.ts';
import type { Shares } from './shares.ts';

/** Shares of one explained row, with what they are compared under. */
export interface DriftFacts {
  readonly model: string;
  readonly version: string;
  /** Id of the saliency method. */
  readonly method: string;
  /** Label or index of the explained class; empty where there is none. */
  readonly label: string;
  readonly shares: Shares;
}

export interface DriftSink {
  /** Share of the requests that are counted, 0 to 1. */
  readonly rate: number;
  /** Takes the shares of a row. No answer waits for it, and a failure is logged. */
  add(facts: DriftFacts): void | Promise<void>;
}

/**
 * Makes a sink of Workers Analytics Engine: one data point for each group of a row. Queries rely on the order of blobs and
 * doubles: append only.
 */
export const analyticsEngineDrift = (dataset: Dataset, rate: number): DriftSink => ({
  rate,
  add({ model, version, method, label, shares }) {
    for (const [group, share] of Object.entries(shares)) {
      const blobs = [model, version, method, label, group];
      dataset.writeDataPoint({ indexes: [model.slice(0, MAX_INDEX_BYTES)], blobs, doubles: [share] });
    }
  },
});
