import { metrics } from '../core/metrics/index.ts';
import type { Metric } from '../core/metrics/metric.ts';
import type { MetricTexts } from './page-data.ts';

/** Title, summary and direction of every metric, for the pages. */
export const metricTexts = (known: ReadonlyMap<string, Metric> = metrics): MetricTexts =>
  Object.fromEntries(
    [...known].map(([id, { about }]) => [id, { title: about.title, summary: about.summary, better: about.better }]),
  );
