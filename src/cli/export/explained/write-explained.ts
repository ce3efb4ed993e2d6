/** `whylight export onnx`: the file of a model that explains itself. */
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { WhylightError } from '../../../core/errors.ts';
import type { Model } from '../../../core/model/model.ts';
import { write } from '../../../core/onnx/write.ts';
import type { OpenedModel } from '../../../library/opened-model.ts';
import { choiceFlag, UsageError, wholeFlag } from '../../arguments.ts';
import { explainedGraph, foreignOperators, WRITTEN_METHODS } from './graph.ts';
import { halfWeights } from './half-weights.ts';
import { STEPS } from './integrated-gradients.ts';
import type { ExplainedTarget } from './subject.ts';

interface ExplainedFlags {
  readonly model?: string | undefined;
  readonly out: string;
  readonly method: string;
  readonly target?: string;
  readonly 'target-input'?: boolean;
  readonly steps: string;
  readonly weights: string;
}

/**
 * Writes a model with its saliency map as a further output, weights and all, in one file.
 * @throws UsageError
 * @throws WhylightError as {@link explainedGraph}
 */
export async function writeExplained({ model, metadata, types }: OpenedModel, flags: ExplainedFlags): Promise<void> {
  if (flags.model !== undefined && resolve(flags.out) === resolve(flags.model)) {
    throw new UsageError(`--out names the model itself, "${flags.out}": give the explained model another name.`);
  }
  const method = choiceFlag('method', flags.method, WRITTEN_METHODS);
  const isHalf = choiceFlag('weights', flags.weights, ['fp32', 'fp16']) === 'fp16';
  const target = targetOf(model, flags);
  if (flags.steps !== String(STEPS) && method !== 'integrated_gradients') {
    throw new UsageError(`--steps is an option of integrated_gradients, and the method is ${method}.`);
  }
  const steps = wholeFlag('steps', flags.steps, 1, 1000);
  const graph = explainedGraph(model, { method, steps, types: types(), ...(target !== undefined && { target }) });
  await writeFile(flags.out, write(isHalf ? halfWeights(graph) : graph, { metadata }).graph);
  const foreign = foreignOperators(graph);
  if (foreign.length > 0) {
    process.stderr.write(
      `note: the model has operators outside of ai.onnx, which the runtime must know: ${foreign.join(', ')}\n`,
    );
  }
  console.log(`${flags.out}: ${model.name} with ${graph.outputs.map(({ name }) => name).join(', ')}`);
}

/** @throws WhylightError `label_not_found` for a name that no class has */
function targetOf(model: Model, flags: ExplainedFlags): ExplainedTarget | undefined {
  const { target, 'target-input': isInput } = flags;
  if (isInput && target !== undefined) throw new UsageError('Give --target or --target-input, not both.');
  if (isInput) return 'input';
  if (target === undefined) return undefined;
  if (/^-?[\d.]+$/.test(target)) return wholeFlag('target', target, 0);
  const found = model.labels?.find(target);
  if (model.labels && found !== undefined) return found + model.labels.offset;
  const near = model.labels?.nearest(target) ?? [];
  const hint = near.length > 0 ? `Did you mean "${near[0]}"?` : 'Give its number in the scores, from 0 on.';
  throw new WhylightError('label_not_found', `The model has no class named "${target}". ${hint}`, { label: target });
}
