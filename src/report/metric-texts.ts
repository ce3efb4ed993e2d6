import { metrics } from '../core/metrics/index.ts';
import type { MetricTexts } from './page-data.ts';

/** Title, summary and direction of every metric, for the pages. */
export const metricTexts = (): MetricTexts =>
  Object.fromEntries(
    [...metrics].map(([id, { about }]) => [id, { title: about.title, summary: about.summary, better: about.better }]),
  );
