/** `whylight report folder`: one HTML file that shows what a model goes by, over many inputs. */

import { counted } from '../../core/counted.ts';
import { writeReport } from '../../report/report-page.ts';
import { readResults } from '../../report/results.ts';
import { runStudy } from '../../report/run.ts';
import { UsageError } from '../arguments.ts';
import { METRICS } from '../compose.ts';
import { defineCommand } from '../define-command.ts';
import { textFlag } from '../flags.ts';
import { interruptible, keptIn } from '../interrupt.ts';
import { studyProgress } from '../progress.ts';
import { prepare, STUDY_ARGS } from '../study-flags.ts';

const args = {
  ...STUDY_ARGS,
  folder: { ...STUDY_ARGS.folder, required: false },
  results: textFlag('Results of "whylight batch" (NDJSON or Parquet), in place of a folder: nothing is computed', {
    valueHint: 'file',
  }),
  out: textFlag('Where to write it', { alias: 'o', default: 'report.html', valueHint: 'file.html' }),
  journal: textFlag('Journal of the inputs that are done; beside --out when left out', { valueHint: 'file' }),
} as const;

const USUAL = {
  imageMethods: 'grad_cam,integrated_gradients',
  imageMetrics: 'insertion,deletion,road,sparseness,random_logit',
  metrics: 'insertion,deletion,comprehensiveness,sufficiency,sparseness',
  maps: true,
} as const;

export default defineCommand({
  name: 'report',
  description: 'Writes a report on many inputs (a folder, or a table): what the model goes by, and what stands out.',
  examples: [
    'whylight report images/ --model model.onnx -o report.html',
    'whylight report reviews.csv --model movie_reviews',
    'whylight report --results results.ndjson',
  ],
  args,
  takesParameters: true,
  async run(flags, data) {
    if (flags.results !== undefined) return fromResults(flags.results, flags.out);
    const { folder } = flags;
    if (folder === undefined) throw new UsageError('What to report on? Give a folder, a file, or --results.');
    const { study, settings, noun } = await prepare({ ...flags, folder }, data.parameters, USUAL);
    const journal = flags.journal ?? `${flags.out}.journal.jsonl`;
    const { summary, records, resumed } = await interruptible(
      () => keptIn(journal),
      () => runStudy(study, settings, journal, flags.restart === true, studyProgress(noun)),
    );
    await writeReport(flags.out, {
      known: METRICS,
      title: `${study.opened.model.name}: ${noun === 'image' ? 'where it looks' : 'what it goes by'}`,
      summary,
      settings,
      command: commandLine(),
      records,
    });
    const accuracy = summary.known > 0 ? `, accuracy ${((100 * summary.correct) / summary.known).toFixed(1)} %` : '';
    console.log(
      `${counted(summary.inputs, summary.noun)}${accuracy}${resumed > 0 ? `, ${resumed} of them from an earlier run` : ''}\nwritten to ${flags.out}`,
    );
  },
});

/** Writes the page of results that were computed before. */
async function fromResults(path: string, out: string): Promise<void> {
  const { settings, summary, records } = await readResults(path);
  const { name } = settings.model as { name: string };
  const title = `${name}: ${summary.noun === 'image' ? 'where it looks' : 'what it goes by'}`;
  await writeReport(out, { title, summary, settings, command: commandLine(), records });
  console.log(`${counted(summary.inputs, summary.noun)}\nwritten to ${out}`);
}

const commandLine = (): string => `whylight ${process.argv.slice(2).map(quoted).join(' ')}`;

/** As a shell wants it. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
