/** Rate limiting counters of the platform. */
import type { Rate } from '../../config/tenant-policy.ts';

/** Counters by the number of requests that each allows in a minute. Workers count separately in each location. */
export type Rates = Readonly<Record<Rate, { limit(options: { key: string }): Promise<{ success: boolean }> }>>;
