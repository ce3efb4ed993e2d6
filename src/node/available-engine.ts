/** The engine that is installed: onnxruntime-node, else onnxruntime-web. */
import type { Engine } from '../core/engine/engine.ts';
import { onnxruntimeNode } from './onnxruntime-node.ts';

/** An engine, with a sentence for the user where it is not the fastest. */
export interface AvailableEngine {
  readonly engine: Engine;
  readonly notices: readonly string[];
}

/** Returns onnxruntime-node where it can be loaded, else onnxruntime-web, which comes with whylight. */
export async function availableEngine(): Promise<AvailableEngine> {
  try {
    await import('onnxruntime-node');
    return { engine: onnxruntimeNode(), notices: [] };
  } catch {
    const { onnxruntimeWeb } = await import('./onnxruntime-web.ts');
    return {
      engine: onnxruntimeWeb(),
      notices: [
        'onnxruntime-node cannot be loaded, so onnxruntime-web runs the model, which is slower. ' +
          'To install the native engine: npm install onnxruntime-node.',
      ],
    };
  }
}
