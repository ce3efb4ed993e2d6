/** The page that `evaluate` writes: one file that needs nothing else and runs no program. */
import { renderEvaluation } from '#report-pages';
import type { Metric } from '../core/metrics/metric.ts';
import type { Settings } from './journal.ts';
import { metricTexts } from './metric-texts.ts';
import { provenance } from './provenance.ts';
import type { Summary } from './summary.ts';

/**
 * @param known every metric by id; those that come with whylight when left out
 * @returns HTML
 */
export function evaluationPage(summary: Summary, settings: Settings, known?: ReadonlyMap<string, Metric>): string {
  const model = settings.model as { name: string; version: string };
  return renderEvaluation({ model, summary, metrics: metricTexts(known), provenance: provenance(settings) });
}
