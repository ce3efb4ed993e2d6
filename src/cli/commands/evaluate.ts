/** `whylight evaluate folder`: metrics of saliency methods over many inputs, as a table and as plots. */

import { rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { counted } from '../../core/counted.ts';
import { evaluationPage } from '../../report/evaluation-page.ts';
import { type Ran, runStudy } from '../../report/run.ts';
import type { Mean, MethodSummary } from '../../report/summary.ts';
import { UsageError } from '../arguments.ts';
import { METRICS } from '../compose.ts';
import { defineCommand, JSON_ARG } from '../define-command.ts';
import { textFlag } from '../flags.ts';
import { interruptible, keptIn, nothingKept } from '../interrupt.ts';
import { studyProgress } from '../progress.ts';
import { prepare, STUDY_ARGS } from '../study-flags.ts';

const args = {
  ...STUDY_ARGS,
  out: textFlag('Where to write the table with plots', { alias: 'o', valueHint: 'file.html' }),
  journal: textFlag('Journal of the inputs that are done; beside --out when left out', { valueHint: 'file' }),
  ...JSON_ARG,
} as const;

const USUAL = {
  imageMethods: 'saliency,integrated_gradients,grad_cam',
  imageMetrics: 'insertion,deletion,road,infidelity,completeness_gap,sparseness,complexity,random_logit',
  metrics: 'insertion,deletion,comprehensiveness,sufficiency,completeness_gap,sparseness,complexity',
  maps: false,
} as const;

export default defineCommand({
  name: 'evaluate',
  description:
    'Measures the faithfulness of saliency methods over a folder of images, texts or sounds, or over a table.',
  examples: [
    'whylight evaluate images/ --methods grad_cam,saliency --metrics deletion',
    'whylight evaluate reviews.csv --model movie_reviews --methods lime,occlusion',
  ],
  args,
  takesParameters: true,
  async run(flags, data) {
    const { study, settings, noun } = await prepare(flags, data.parameters, USUAL);
    if (study.metrics.length === 0) throw new UsageError('--metrics takes at least one metric here.');
    // Without a place that is the user's own, the journal serves this run alone.
    const kept = flags.journal ?? (flags.out && `${flags.out}.journal.jsonl`);
    const journal = kept ?? join(tmpdir(), `whylight-evaluate-${process.pid}.jsonl`);
    try {
      const ran = await interruptible(
        () => {
          if (kept !== undefined) return keptIn(kept);
          rmSync(journal, { force: true });
          return nothingKept(': with -o or --journal, the same command goes on where it was stopped');
        },
        () => runStudy(study, settings, journal, flags.restart === true, studyProgress(noun)),
      );
      if (flags.out !== undefined) await writeFile(flags.out, evaluationPage(ran.summary, settings, METRICS));
      if (flags.json) console.log(JSON.stringify({ ...settings, rows: ran.rows, ...toJson(ran) }, null, 2));
      else console.log(page(ran, flags.out));
    } finally {
      if (kept === undefined) await rm(journal, { force: true });
    }
  },
});

const toJson = ({ summary: { inputs, known, correct, methods } }: Ran) => ({
  inputs,
  /** Aliases of `inputs` for one version. */
  images: inputs,
  pictures: inputs,
  ...(known > 0 && { accuracy: correct / known }),
  results: Object.fromEntries(Object.entries(methods).map(([id, { metrics, curves }]) => [id, { metrics, curves }])),
});

function page({ summary: { methods, inputs, noun, known, correct }, resumed }: Ran, out: string | undefined): string {
  const entries: [string, MethodSummary][] = Object.entries(methods);
  const ids = Object.keys(entries[0]?.[1].metrics ?? {});
  const first = Math.max(6, ...entries.map(([id]) => id.length));
  const heads = ids.map(
    (id) => `${id}${{ higher: ' ↑', lower: ' ↓', neither: '' }[METRICS.get(id)?.about.better ?? 'neither']}`,
  );
  const widths = heads.map((head) => Math.max(head.length, 17));
  const line = (name: string, cells: readonly string[]) =>
    [name.padEnd(first), ...cells.map((cell, i) => cell.padStart(widths[i] ?? 0))].join('  ');
  return [
    `${counted(inputs, noun)}${known > 0 ? `, accuracy ${((100 * correct) / known).toFixed(1)} %` : ''}${resumed > 0 ? `, ${resumed} of them from an earlier run` : ''}; mean ± standard error`,
    line('method', heads),
    ...entries.map(([id, { metrics: values }]) =>
      line(
        id,
        ids.map((metric) => cell(values[metric])),
      ),
    ),
    ...(out === undefined ? ['Add "-o evaluation.html" for plots.'] : [`written to ${out}`]),
  ].join('\n');
}

function cell(mean: Mean | undefined): string {
  return mean && mean.count > 0 ? `${short(mean.mean)} ± ${short(mean.error)}` : 'does not apply';
}

const short = (value: number): string =>
  value !== 0 && (Math.abs(value) >= 1000 || Math.abs(value) < 1e-3) ? value.toExponential(1) : value.toPrecision(3);
