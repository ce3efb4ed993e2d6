/** Methods that ask other methods about the very input that they explain themselves. */

import { WhylightError } from '../../errors.ts';
import type {
  Attribution,
  BoundMethod,
  Cost,
  ExplainContext,
  Given,
  Method,
  MethodSource,
  NamedNeeds,
  Needs,
} from '../../method/contract.ts';
import { namedNeeds } from '../../method/contract.ts';
import type { ModelInfo } from '../../model/info.ts';

export interface Inner extends BoundMethod {
  /** Put before the names of its graphs. */
  readonly prefix: string;
}

/** @throws WhylightError `unprocessable_method` for a method with data or models of its own, which only it is handed */
function refuseSetup({ id, setup }: Method): void {
  if (!setup) return;
  throw new WhylightError('unprocessable_method', `${id} loads data of its own, and no other method can run it.`, {
    method: id,
  });
}

/** The graphs of all of them. */
export function innerNeeds(inner: readonly Inner[], model: ModelInfo, methods: MethodSource): NamedNeeds {
  for (const { method } of inner) refuseSetup(method);
  const graphs = inner.flatMap(({ method, params, prefix }) =>
    Object.entries(namedNeeds(method.needs(params, model, methods))).map(([name, needs]): [string, Needs] => [
      prefix + name,
      needs,
    ]),
  );
  return { graphs: Object.fromEntries(graphs) };
}

/** Cost of all inner methods together. */
export function innerCost(inner: readonly Inner[], model: ModelInfo, methods: MethodSource, given: Given): Cost {
  const costs = inner.map(({ method, params }) => method.cost(params, model, methods, given));
  return {
    forwards: costs.reduce((sum, { forwards }) => sum + forwards, 0),
    backwards: costs.reduce((sum, { backwards }) => sum + backwards, 0),
  };
}

/** Runs one inner method on the input. */
export function explainInner(ctx: ExplainContext<unknown>, { method, params, prefix }: Inner): Promise<Attribution> {
  const [main] = Object.keys(namedNeeds(method.needs(params, ctx.model, ctx.methods)));
  return method.explain({
    ...ctx,
    // Whether its own graph mixes is not known here.
    mixes: false,
    params,
    partial: () => undefined,
    evaluate: (rows, { graph = main as string, ...options } = {}) =>
      ctx.evaluate(rows, { ...options, graph: prefix + graph }),
  });
}
