/** An app in workerd whose runs of the engine are counted. */
import type { Tensors } from '../../src/core/engine/engine.ts';
import { SessionCache } from '../../src/core/engine/session-cache.ts';
import { Explainer } from '../../src/core/explainer/explainer.ts';
import { graphCompiler } from '../../src/core/plan/compile-variant.ts';
import { type Ask, appWith, services } from './app.ts';

const mostRows = (feeds: Tensors): number => Math.max(...Object.values(feeds).map(({ dims }) => dims[0] ?? 1));

/** @param note number for a run, from what is fed; the rows of the input that has most when left out */
export function countingApp(note = mostRows): { readonly runs: number[]; readonly ask: Ask } {
  const runs: number[] = [];
  const { engine } = services.explainer;
  const counting = new Explainer({
    compiler: graphCompiler,
    engine: {
      ...engine,
      name: engine.name,
      async load(file) {
        const session = await engine.load(file);
        return {
          run(feeds, ...rest) {
            runs.push(note(feeds));
            return session.run(feeds, ...rest);
          },
          release: () => session.release(),
        };
      },
    },
    sessions: new SessionCache(2 ** 26),
    methods: services.explainer.methods,
    tasks: services.explainer.tasks,
  });
  return { runs, ask: appWith({ explainer: counting }) };
}
