/** Search for parameters that make a request small enough. */
import { WhylightError } from '../errors.ts';
import type { Method } from '../method/contract.ts';
import { parameterSchemas } from '../method/schema.ts';

/**
 * For each whole-numbered parameter the largest value, at most the present one, with which the request would fit, all
 * others left as they are; without those that do not help. Assumes that more of a parameter never costs less.
 * @param params after defaults
 */
export function largestThatFit(
  method: Method,
  params: Readonly<Record<string, unknown>>,
  fits: (params: Readonly<Record<string, unknown>>) => boolean,
): Readonly<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const [name, { type, minimum = 1 }] of Object.entries(parameterSchemas(method.params))) {
    const present = params[name];
    if (type !== 'integer' || typeof present !== 'number' || present <= minimum) continue;
    const fitting = (value: number): boolean => accepted(() => fits({ ...params, [name]: value }));
    if (!fitting(minimum)) continue;
    let [low, high] = [minimum, present];
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      if (fitting(middle)) low = middle;
      else high = middle;
    }
    found[name] = low;
  }
  return found;
}

/** Values that the method or the operator refuses do not fit. */
function accepted(check: () => boolean): boolean {
  try {
    return check();
  } catch (error) {
    if (WhylightError.is(error)) return false;
    throw error;
  }
}
