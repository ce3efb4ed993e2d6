/** The engine of an inference server, whose code is loaded by the Workers that run graphs there. */
import type { Engine } from '../../core/engine/engine.ts';
import type { OpenInferenceOptions } from '../../protocol/open-inference-engine.ts';

/** Makes an engine as `openInferenceEngine` does; one serves all requests, which share its connections. */
export function inferenceServer(options: OpenInferenceOptions): Engine {
  let engine: Engine | undefined;
  const loaded = async (): Promise<Engine> => {
    const { openInferenceEngine } = await import('../../protocol/open-inference-engine.ts');
    engine ??= openInferenceEngine(options);
    return engine;
  };
  return {
    name: 'open-inference',
    check: async () => (await loaded()).check?.(),
    load: async (graph) => (await loaded()).load(graph),
  };
}
