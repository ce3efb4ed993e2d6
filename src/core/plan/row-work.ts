/** Work of models on one row. */

import { countFlops } from './flops.ts';
import type { GraphCompiler } from './graph-compiler.ts';
import { knownWork } from './known-work.ts';
import { countWork } from './work.ts';

/** Counters of a compiler. */
export const rowCounters: Pick<GraphCompiler, 'rowFlops' | 'rowWork'> = {
  rowFlops(model, rows) {
    const { graph, fixedBatch = 1 } = model;
    return knownWork(model)?.flops ?? countFlops(graph, fixedBatch, rows).total / fixedBatch;
  },
  rowWork: (model, rows) => knownWork(model)?.work ?? countWork(model.graph, rows, model.fixedBatch),
};
