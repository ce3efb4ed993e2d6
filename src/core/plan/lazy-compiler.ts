/** Compiler whose code is loaded when a graph has to be compiled, for programs that start often and find most graphs. */
import { NotAnswered } from '../method/answered.ts';
import type { GraphCompiler } from './graph-compiler.ts';
import { knownWork } from './known-work.ts';
import { loadReader } from './lazy-reader.ts';
import { isStorable } from './storable.ts';

let compiler: GraphCompiler | undefined;
let counters: Pick<GraphCompiler, 'rowFlops' | 'rowWork'> | undefined;

/** @throws NotAnswered for a question that came before `ready`, such as one about a plan with fewer samples */
function loaded<T>(part: T | undefined): T {
  if (part) return part;
  throw new NotAnswered('The compiler', load);
}

// The promises are never kept: one of another request may not settle in a Worker.
async function loadCounters(): Promise<void> {
  counters ??= (await import('./row-work.ts')).rowCounters;
}

async function load(): Promise<void> {
  await loadCounters();
  compiler ??= (await import('./compile-variant.ts')).graphCompiler;
  // What is compiled are the nodes of the model.
  await loadReader();
}

/** The compiler of `compile-variant.ts`, loaded by {@link GraphCompiler.ready}, or by `answered` where a question comes before. */
export const lazyCompiler: GraphCompiler = {
  async ready(model, hasGraph) {
    if (!hasGraph) await load();
    else if (!knownWork(model)) await loadCounters();
  },
  compile: (...asked) => loaded(compiler).compile(...asked),
  rowFlops: (model, rows) => knownWork(model)?.flops ?? loaded(counters).rowFlops(model, rows),
  rowWork: (model, rows) => knownWork(model)?.work ?? loaded(counters).rowWork(model, rows),
  readModel: async (source) => (await import('./compile-variant.ts')).graphCompiler.readModel(source),
  isStorable,
};
