/** Workers Analytics Engine: written without waiting, read by SQL (docs/operate.md). */
import type { Metrics } from './metrics.ts';

/** The used part of the binding. */
export interface Dataset {
  writeDataPoint(point: { indexes: string[]; blobs: string[]; doubles: number[] }): void;
}

/** Maximum length of an index in bytes. */
export const MAX_INDEX_BYTES = 96;

/** Makes a metrics sink. Queries rely on the order of blobs and doubles: append only. */
export const analyticsEngineMetrics = (dataset: Dataset): Metrics => ({
  count({ verb, route, status, code, tenant, model, method, cache, ms, samples }) {
    dataset.writeDataPoint({
      indexes: [tenant.slice(0, MAX_INDEX_BYTES)],
      blobs: [verb, route, String(status), code, model, method, cache],
      doubles: [ms, samples],
    });
  },
});
