/** Checks of the answer that a task reads from the outputs: the task itself, and the best box of a detector. */
import { WhylightError } from '../../../src/core/errors.ts';
import { cast } from '../../../src/core/tensor/cast.ts';
import type { Tensor } from '../../../src/core/tensor/tensor.ts';
import { answerOf, type Check } from '../opened-case.ts';

export const answerFaults: Check = async (it) => {
  const { opened, explainer, expected, subjects } = it;
  const [subject] = subjects;
  const { explained } = opened.model.description;
  if (!subject || (!expected.tasks && !expected.detector)) return [];
  const answer = await answerOf(it, subject).catch((error: unknown) => {
    // What there is to answer for, such as a mask token, is missing: the description still says which task it is.
    if (WhylightError.is(error, 'label_not_found')) return undefined;
    throw error;
  });
  const { task, predictions } = answer ?? { task: explained.task.value, predictions: [] };
  const faults: string[] = [];
  if (expected.tasks && !expected.tasks.includes(task)) {
    faults.push(`task is ${task}, expected ${expected.tasks.join(' or ')}`);
  }
  const [best] = predictions;
  if (!expected.detector || !best) return faults;
  const { name } = explained;
  const outputs = await explainer.infer(opened.model, { inputs: subject.inputs, names: [name] });
  const right = bestBox(cast(outputs[name] as Tensor, 'float32'), expected.detector);
  const score = best.probability ?? best.score;
  if (best.class !== right.class || Math.abs(score - right.score) > 1e-3) {
    faults.push(`best box is class ${best.class} at ${score}, expected class ${right.class} at ${right.score}`);
  }
  return faults;
};

/** Class and score of the best box of `[1, 4 + classes + more, anchors]`, its transpose, or `[1, boxes, 6 + more]`. */
function bestBox(
  { dims, data }: Tensor<'float32'>,
  { classes, raw }: { readonly classes: number; readonly raw: boolean },
): { class: number; score: number } {
  const [, a = 0, b = 0] = dims;
  const best = { class: -1, score: Number.NEGATIVE_INFINITY };
  const offer = (index: number, score: number): void => {
    if (score > best.score) Object.assign(best, { class: index, score });
  };
  if (!raw) {
    for (let box = 0; box < a; box++) offer(data[box * b + 5] as number, data[box * b + 4] as number);
    return best;
  }
  const last = b === 4 + classes;
  for (let anchor = 0; anchor < (last ? a : b); anchor++) {
    for (let index = 0; index < classes; index++) {
      offer(index, data[last ? anchor * b + 4 + index : (4 + index) * b + anchor] as number);
    }
  }
  return best;
}
