/** Workers Analytics Engine: written without waiting, read by SQL (docs/operate.md). */
import type { Metrics } from './metrics.ts';

/** The part of the binding that is used. */
export interface Dataset {
  writeDataPoint(point: { indexes: string[]; blobs: string[]; doubles: number[] }): void;
}

/** Of a tenant's name: an index may have 96 bytes. */
const MOST_INDEX = 96;

/** The order of blobs and doubles is what queries rely on: only ever add at the end. */
export const analyticsEngineMetrics = (dataset: Dataset): Metrics => ({
  count({ verb, route, status, code, tenant, model, method, cache, ms, samples }) {
    dataset.writeDataPoint({
      indexes: [tenant.slice(0, MOST_INDEX)],
      blobs: [verb, route, String(status), code, model, method, cache],
      doubles: [ms, samples],
    });
  },
});
