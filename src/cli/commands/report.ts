/** `whylight report folder`: one HTML file that shows where a model looks, over a whole folder of images. */

import { counted } from '../../core/counted.ts';
import { writeReport } from '../../report/report-page.ts';
import { runStudy } from '../../report/run.ts';
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
    description: 'Journal of the images that are done; beside --out when left out',
  },
} as const;

const USUAL = {
  methods: 'grad_cam,integrated_gradients',
  metrics: 'insertion,deletion,road,sparseness,random_logit',
  maps: true,
} as const;

export default defineCommand({
  name: 'report',
  description: 'Writes a report on a folder of images: what the model looks at, and what stands out.',
  examples: ['whylight report images/ --model model.onnx -o report.html'],
  args,
  takesParameters: true,
  async run(flags, data) {
    const { study, settings } = await prepare(flags, data.parameters, USUAL);
    const journal = flags.journal ?? `${flags.out}.journal.jsonl`;
    const { summary, records, resumed } = await interruptible(
      () => keptIn(journal),
      () => runStudy(study, settings, journal, flags.restart === true, studyProgress()),
    );
    await writeReport(flags.out, {
      title: `${study.model.name}: where it looks`,
      summary,
      settings,
      command: `whylight ${process.argv.slice(2).map(quoted).join(' ')}`,
      records,
    });
    const accuracy = summary.known > 0 ? `, accuracy ${((100 * summary.correct) / summary.known).toFixed(1)} %` : '';
    console.log(
      `${counted(summary.images, 'image')}${accuracy}${resumed > 0 ? `, ${resumed} of them from an earlier run` : ''}\nwritten to ${flags.out}`,
    );
  },
});

/** As a shell wants it. */
const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
