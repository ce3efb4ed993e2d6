/** `whylight report folder`: one HTML file that shows what a model goes by, over many inputs. */

import { counted } from '../../core/counted.ts';
import { writeReport } from '../../report/report-page.ts';
import { runStudy } from '../../report/run.ts';
import { METRICS } from '../compose.ts';
import { defineCommand } from '../define-command.ts';
import { interruptible, keptIn } from '../interrupt.ts';
import { studyProgress } from '../progress.ts';
import { prepare, STUDY_ARGS } from '../study-flags.ts';

const args = {
  ...STUDY_ARGS,
  out: { type: 'string', alias: 'o', default: 'report.html', valueHint: 'file.html', description: 'Where to write it' },
  journal: {
    type: 'string',
    valueHint: 'file',
    description: 'Journal of the inputs that are done; beside --out when left out',
  },
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
  ],
  args,
  takesParameters: true,
  async run(flags, data) {
    const { study, settings, noun } = await prepare(flags, data.parameters, USUAL);
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
      command: `whylight ${process.argv.slice(2).map(quoted).join(' ')}`,
      records,
    });
    const accuracy = summary.known > 0 ? `, accuracy ${((100 * summary.correct) / summary.known).toFixed(1)} %` : '';
    console.log(
      `${counted(summary.inputs, summary.noun)}${accuracy}${resumed > 0 ? `, ${resumed} of them from an earlier run` : ''}\nwritten to ${flags.out}`,
    );
  },
});

/** As a shell wants it. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
