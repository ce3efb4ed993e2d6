/** Steps of compilations that variants of one model share, for those that ask about many variants. */
import type { CompileBudget, Spent } from '../onnx/compile-budget.ts';
import type { Graph } from '../onnx/graph.ts';
import { RuleOutcomes } from './rule-outcomes.ts';

/**
 * Memo of the compilations of one model. Each compilation counts what it would have spent without the memo, so the same
 * graphs are refused. The memo holds graphs and their constants: drop it with the last compilation.
 */
export class CompileMemo {
  readonly rules = new RuleOutcomes();
  private readonly steps = new WeakMap<Graph, Map<string, { readonly result: unknown; readonly spent: Spent }>>();

  /**
   * Result of a step over a graph; the same object for the same graph and key.
   * @param key name of the step, and everything that it depends on besides the graph
   * @throws WhylightError `compilation_limit`
   */
  step<T>(graph: Graph, key: string, budget: CompileBudget, make: () => T): T {
    const results = this.steps.get(graph) ?? new Map<string, { result: unknown; spent: Spent }>();
    this.steps.set(graph, results);
    const known = results.get(key);
    if (known) {
      budget.spend(known.spent);
      return known.result as T;
    }
    const before = budget.spent;
    const result = make();
    results.set(key, { result, spent: budget.since(before) });
    return result;
  }
}
