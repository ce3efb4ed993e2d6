/** `whylight calibrate <models>`: how long a row takes, for the edge to know what it can afford. */

import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ISOLATE_LIMITS, PROCESS_LIMITS } from '../../core/limits.ts';
import { parseManifest } from '../../core/model/manifest.ts';
import { calibrate } from '../../tools/calibrate.ts';
import { numberFlag, UsageError } from '../arguments.ts';
import { EMBEDDED_MODELS, ENGINES, type EngineName, loadEngine, ROOT } from '../compose.ts';
import { defineCommand, JSON_ARG } from '../define-command.ts';
import { positional, textFlag } from '../flags.ts';
import { openModel } from '../model-file.ts';
import { progressBar } from '../progress.ts';

const args = {
  model: positional('Model folders, ONNX files or names of embedded models'),
  engine: {
    type: 'enum',
    options: ENGINES,
    default: 'web',
    description: 'web is what runs at the edge, node the origin',
  },
  batch: textFlag('Rows of a run', { default: '4' }),
  rounds: textFlag('Runs of which the median counts', { default: '15' }),
  slower: textFlag('How many times slower the machine is that will run it; the figures are multiplied by it', {
    default: '1',
    valueHint: 'x',
  }),
  write: { type: 'boolean', description: 'Write the figures into the manifest.json of the folder' },
  ...JSON_ARG,
} as const;

export default defineCommand({
  name: 'calibrate',
  description: 'Measures how long a row of a model takes on this machine, forwards and with its gradient.',
  examples: ['whylight calibrate models/mine --engine web --write'],
  args,
  async run({ engine: name, batch, rounds, slower, write, json, _: models }) {
    const factor = Number(slower);
    if (!(factor > 0)) throw new UsageError(`--slower must be a number above 0, but "${slower}" was given.`);
    const engine = await loadEngine(name as EngineName);
    const options = {
      batch: numberFlag('batch', batch, 1, 256),
      rounds: numberFlag('rounds', rounds, 1, 1000),
      optimize: (name === 'web' ? ISOLATE_LIMITS : PROCESS_LIMITS).optimize,
    };
    for (const path of models) {
      const { model } = await openModel({ model: path }, EMBEDDED_MODELS, ROOT);
      const bar = progressBar(model.name);
      const measured = await calibrate(model, engine, { ...options, progress: bar.update }).finally(bar.end);
      const profile = {
        forward_ms: significant(measured.forward * factor),
        backward_ms: significant(measured.backward * factor),
      };
      if (write) await writeInto(path, engine.name, profile);
      console.log(
        json
          ? JSON.stringify({ model: model.name, engine: engine.name, batch: measured.batch, ...profile })
          : `${model.name.padEnd(32)} ${engine.name}  forwards ${profile.forward_ms} ms, with its gradient ${profile.backward_ms} ms a row (batches of ${measured.batch})`,
      );
    }
  },
});

const significant = (value: number): number => Number(value.toPrecision(3));

/** Adds to the manifest's text as it stands, so that nothing else in it changes but the layout. */
async function writeInto(path: string, engine: string, profile: object): Promise<void> {
  const folder = EMBEDDED_MODELS[path] === undefined ? resolve(path) : join(ROOT, EMBEDDED_MODELS[path]);
  const file = folder.endsWith('.json') ? folder : join(folder, 'manifest.json');
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new UsageError(`--write needs a model folder, but there is no ${file}: ${cause.message}.`);
  });
  const { profile: known } = parseManifest(text, file);
  const said = JSON.parse(text);
  await writeFile(file, `${JSON.stringify({ ...said, profile: { ...known, [engine]: profile } }, null, 2)}\n`);
}
