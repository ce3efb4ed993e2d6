/** `whylight playground`: the page, with a model of the user or without. */
import { resolve } from 'node:path';
import { hardenBuiltIns } from '../../core/harden.ts';
import type { Log } from '../../edge/observe/log.ts';
import { OPEN_OWN, ownModelFiles } from '../../node/own-model-files.ts';
import { filePages } from '../../node/pages.ts';
import { serve } from '../../node/serve.ts';
import { numberFlag } from '../arguments.ts';
import { CONFIGURED, embeddedPaths, ROOT } from '../compose.ts';
import { defineCommand } from '../define-command.ts';
import { positional, textFlag } from '../flags.ts';
import { stopOnSignal } from '../stop-on-signal.ts';

const args = {
  model: positional('ONNX file, or folder of a model, that the page opens', { required: false }),
  port: textFlag('Port to listen at; 0 for any that is free', { default: '8787' }),
} as const;

/** Log of a server that one person uses: what needs attention. */
const warnings: Log = (level, message, { remedy } = {}) => {
  if (level !== 'info') process.stderr.write(`${level}: ${message}${remedy === undefined ? '' : ` (${remedy})`}\n`);
};

export default defineCommand({
  name: 'playground',
  description: 'Serves the page on this machine. A model that is named runs in the page.',
  examples: ['whylight playground', 'whylight playground model.onnx', 'whylight playground my-model/ --port 9000'],
  args,
  async run({ model, port }) {
    hardenBuiltIns();
    const own = model === undefined ? undefined : await ownModelFiles(resolve(model));
    const serving = await serve({
      host: '127.0.0.1',
      port: numberFlag('port', port, 0, 65_535),
      models: embeddedPaths(),
      plugins: CONFIGURED,
      pages: filePages(ROOT, own),
      provider: 'auto',
      log: warnings,
      runs: 2,
      waiting: 64,
      delay: 2,
    });
    console.log(own ? `${model} is open at ${serving.url}/#${OPEN_OWN}` : `The page is at ${serving.url}`);
    console.log('Ctrl-C ends it.');
    stopOnSignal(serving, 5);
  },
});
