/** Following of a task's target from run to run. */
import type { Follow } from '../plan/evaluator.ts';
import type { Plan } from './plan.ts';

/** Outputs that a task's target is found in, and its number there; undefined where elements keep their meaning. */
export function followOf({ model, info, request, entry }: Plan): Follow | undefined {
  const { follow, similarity } = request.taskTarget ?? {};
  const number = entry.method.follows === 'similarity' ? (similarity ?? follow) : follow;
  if (!number) return undefined;
  const outputs = model.graph.outputs.map(({ name }) => name).filter((name) => name !== info.scores.name);
  return { outputs, number };
}
