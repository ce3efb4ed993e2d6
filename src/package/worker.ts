/** `whylight` in a Worker: explains on onnxruntime-web inside the isolate. */
import type { Explainer } from '../core/explainer/explainer.ts';
import { ISOLATE_LIMITS } from '../core/limits.ts';
import { onnxruntimeWorkerd } from '../edge/workerd/onnxruntime-workerd.ts';
import { type ExplainerSettings, explainerOn } from './explain.ts';

export { edgeCodecs as imageCodecs } from '../edge/workerd/codecs.ts';
export * from './explain.ts';

export const createExplainer = (settings: ExplainerSettings): Explainer =>
  explainerOn(settings.engine ?? onnxruntimeWorkerd(), settings, ISOLATE_LIMITS);
