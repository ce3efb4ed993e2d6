/** Following of a task's target from run to run. */
import type { Follow } from '../plan/follow.ts';
import type { Plan } from './plan.ts';
import type { ExplainRequest } from './request.ts';

/** Outputs that a task's target is found in, and its number there; undefined where elements keep their meaning. */
export function followOf({
  model,
  info,
  request,
  entry,
}: Pick<Plan, 'model' | 'info'> & {
  readonly request: Pick<ExplainRequest, 'taskTarget'>;
  /** Method that follows it; absent where no method runs. */
  readonly entry?: Plan['entry'];
}): Follow | undefined {
  const { follow, similarity } = request.taskTarget ?? {};
  const number = entry?.method.follows === 'similarity' ? (similarity ?? follow) : follow;
  if (!number) return undefined;
  const outputs = model.file.outputs.map(({ name }) => name).filter((name) => name !== info.scores.name);
  return { outputs, number };
}
