/** Compiler whose code is loaded when a graph has to be compiled, for programs that start often and find most graphs. */
import { NotAnswered } from '../method/answered.ts';
import type { GraphCompiler } from './graph-compiler.ts';
import { isStorable } from './storable.ts';

let compiler: GraphCompiler | undefined;
let counters: Pick<GraphCompiler, 'rowFlops' | 'rowWork'> | undefined;

/** @throws NotAnswered for a question that came before `ready`, such as one about a plan with fewer samples */
function loaded<T>(part: T | undefined): T {
  if (part) return part;
  throw new NotAnswered('The compiler', () => load(false));
}

async function load(hasGraph: boolean): Promise<void> {
  // The promises are never kept: one of another request may not settle in a Worker.
  counters ??= (await import('./row-work.ts')).rowCounters;
  if (!hasGraph) compiler ??= (await import('./compile-variant.ts')).graphCompiler;
}

/** The compiler of `compile-variant.ts`, loaded by {@link GraphCompiler.ready}, or by `answered` where a question comes before. */
export const lazyCompiler: GraphCompiler = {
  ready: load,
  compile: (...asked) => loaded(compiler).compile(...asked),
  rowFlops: (...asked) => loaded(counters).rowFlops(...asked),
  rowWork: (...asked) => loaded(counters).rowWork(...asked),
  readModel: async (source) => (await import('./compile-variant.ts')).graphCompiler.readModel(source),
  isStorable,
};
