/** `whylight` in Node: explains on onnxruntime-node. */
import type { Explainer } from '../core/explainer/explainer.ts';
import { PROCESS_LIMITS } from '../core/limits.ts';
import { onnxruntimeNode } from '../node/onnxruntime-node.ts';
import { type ExplainerSettings, explainerOn } from './explain.ts';

export { nodeCodecs as imageCodecs } from '../node/codecs.ts';
export * from './explain.ts';

export const createExplainer = (settings: ExplainerSettings): Explainer =>
  explainerOn(settings.engine ?? onnxruntimeNode(), settings, PROCESS_LIMITS);
