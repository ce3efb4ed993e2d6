/** `whylight` in a Worker: explains on onnxruntime-web inside the isolate. */
import type { Explainer } from '../core/explainer/explainer.ts';
import { ISOLATE_LIMITS } from '../core/limits.ts';
import { onnxruntimeWorkerd } from '../edge/workerd/onnxruntime-workerd.ts';
import { type ExplainerSettings, explainerOn } from './explain.ts';

export { edgeCodecs as imageCodecs } from '../edge/workerd/codecs.ts';
export * from './explain.ts';

/**
 * Makes an explainer that runs on onnxruntime-web inside the isolate.
 * @throws WhylightError `invalid_config` for methods that break the contract, ids that are taken, or wrong defaults
 *
 * @example
 * import { createExplainer, Model } from 'whylight';
 * import saliency from 'whylight/methods/gradient/saliency';
 * const explainer = createExplainer({ methods: [saliency] });
 * const { rows } = await explainer.explain(await Model.read({ bytes }), { method: 'saliency', inputs });
 */
export const createExplainer = (settings: ExplainerSettings): Explainer =>
  explainerOn(settings.engine ?? onnxruntimeWorkerd(), settings, ISOLATE_LIMITS);
