/** Classes that a target may be compared with. */
import type { ScoreSpace } from '../model/score-space.ts';
import type { Target } from '../model/target-request.ts';
import type { Plan } from './plan.ts';

/**
 * The target with the elements of the other classes at its place, where the task tells them, or where the axis of the
 * classes is longer than the list of their names: beside the classes of a detector stand the edges of its boxes.
 */
export function withRivals(target: Target, { request, space }: Pick<Plan, 'request' | 'space'>): Target {
  const rivals = request.taskTarget ? request.taskTarget.rivals : namedBeside(target, space, axisOf(request.target));
  return rivals ? { ...target, rivals } : target;
}

function namedBeside({ weights }: Target, { dense, labels }: ScoreSpace, axis: number | undefined) {
  const [only, ...others] = weights;
  if (!only || others.length > 0 || !dense || !labels) return undefined;
  if (dense.classes <= labels.names.length || (axis !== undefined && axis !== dense.axis)) return undefined;
  const { position } = dense.place(only.index);
  const elements = labels.names.map((_, i) => dense.element(i + labels.offset, position));
  return elements.includes(only.index) ? elements.filter((element) => element !== only.index) : [];
}

const axisOf = (target: Plan['request']['target']): number | undefined =>
  typeof target === 'object' ? target.class_axis : undefined;
