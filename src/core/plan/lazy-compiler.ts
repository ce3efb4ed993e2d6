/** Compiler whose code is loaded when a graph has to be compiled, for programs that start often and find most graphs. */
import type { GraphCompiler } from './graph-compiler.ts';
import { isStorable } from './storable.ts';

let compiler: GraphCompiler | undefined;
let counters: Pick<GraphCompiler, 'rowFlops' | 'rowWork'> | undefined;

/** @throws TypeError for a question that came before `ready` */
function loaded<T>(part: T | undefined): T {
  if (part) return part;
  throw new TypeError('The compiler is not loaded: call prepare of the explainer before.');
}

/** The compiler of `compile-variant.ts`, loaded by {@link GraphCompiler.ready}. */
export const lazyCompiler: GraphCompiler = {
  async ready(hasGraph) {
    // The promises are never kept: one of another request may not settle in a Worker.
    counters ??= (await import('./row-work.ts')).rowCounters;
    if (!hasGraph) compiler ??= (await import('./compile-variant.ts')).graphCompiler;
  },
  compile: (...asked) => loaded(compiler).compile(...asked),
  rowFlops: (...asked) => loaded(counters).rowFlops(...asked),
  rowWork: (...asked) => loaded(counters).rowWork(...asked),
  readModel: async (source) => (await import('./compile-variant.ts')).graphCompiler.readModel(source),
  isStorable,
};
