/** Answers of methods in isolates of their own, for reports that cannot wait for them. */
import { ANSWERS_LATER, answered } from '../method/answered.ts';
import type { MethodRegistry } from '../method/registry.ts';
import type { Model } from '../model/model.ts';

/**
 * Loads the methods, and asks each in an isolate of its own for its needs and its cost with default parameters, so that
 * the answers are there. What a method throws is thrown again where it is asked the next time.
 */
export async function askMethods(methods: MethodRegistry, model: Model): Promise<void> {
  const info = model.info();
  await methods.load();
  for (const id of methods.ids) {
    if (!(ANSWERS_LATER in methods.get(id).method)) continue;
    const ask = (): void => {
      const { method, params } = methods.bind(id);
      method.needs(params, info, methods);
      method.cost(params, info, methods, { baselines: 0 });
    };
    await answered(ask).catch(() => {});
  }
}
