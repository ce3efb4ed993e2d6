/** `whylight check model.onnx ...`: whether the gradient that whylight writes is the model's derivative. */

import { WhylightError } from '../../core/errors.ts';
import { checkGradient } from '../../tools/check-gradient.ts';
import { UsageError } from '../arguments.ts';
import { EMBEDDED_MODELS, ENGINES, type EngineName, loadEngine, ROOT } from '../compose.ts';
import { defineCommand } from '../define-command.ts';
import { positional, textFlag } from '../flags.ts';
import { openModel } from '../model-file.ts';

const args = {
  model: positional('ONNX files, model folders or names of embedded models'),
  engine: { type: 'enum', options: ENGINES, default: 'node', description: 'onnxruntime-node, or onnxruntime-web' },
  tolerance: textFlag('Largest error that passes, relative to the gradient', { default: '0.02' }),
} as const;

/** Largest distance of predictions from those of the engine without its optimiser, relative to their length. */
const MAX_PREDICTION_ERROR = 1e-3;

const UNDECIDED = {
  quantised: 'none (quantised: straight through)',
  flat: 'none (flat: the score changes by less than its rounding)',
} as const;

export default defineCommand({
  name: 'check',
  description:
    'Compares the gradient of models with central differences, at several batch sizes, and their predictions with those of the engine without its optimiser.',
  examples: ['whylight check model.onnx'],
  args,
  async run({ engine, tolerance, _: models }) {
    const most = Number(tolerance);
    if (!(most > 0)) throw new UsageError(`--tolerance must be a number above 0, but "${tolerance}" was given.`);
    const session = await loadEngine(engine as EngineName);
    const total = { passed: 0, failed: 0 };
    for (const name of models) {
      try {
        const { model } = await openModel({ model: name }, EMBEDDED_MODELS, ROOT);
        for (const { batch, differences, undecided, rows, predictions } of await checkGradient(model, session)) {
          const same = predictions <= MAX_PREDICTION_ERROR || undecided === 'quantised';
          const passed = (differences ?? 0) <= most && rows <= 1e-4 && same;
          total[passed ? 'passed' : 'failed']++;
          console.log(
            `${name.split('/').at(-1)?.padEnd(44)} batch ${batch}  differences ${differences?.toExponential(1) ?? UNDECIDED[undecided ?? 'flat']}  rows ${rows.toExponential(1)}  predictions ${predictions.toExponential(1)}  ${passed ? 'pass' : 'FAIL'}`,
          );
        }
      } catch (error) {
        if (!WhylightError.is(error)) throw error;
        total.failed++;
        console.log(`${name.split('/').at(-1)?.padEnd(44)} ${error.code}: ${error.message}`);
      }
    }
    console.log(`${total.passed} passed, ${total.failed} failed`);
    if (total.failed > 0) process.exitCode = 1;
  },
});
