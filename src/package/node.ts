/** `whylight` in Node: explains on onnxruntime-node. */
import type { Explainer } from '../core/explainer/explainer.ts';
import { PROCESS_LIMITS } from '../core/limits.ts';
import { onnxruntimeNode } from '../node/onnxruntime-node.ts';
import { type ExplainerSettings, explainerOn } from './explain.ts';

export { nodeCodecs as imageCodecs } from '../node/codecs.ts';
export * from './explain.ts';

/**
 * Makes an explainer that runs on onnxruntime-node.
 * @throws WhylightError `invalid_config` for methods that break the contract, ids that are taken, or wrong defaults
 *
 * @example
 * import { createExplainer, Model } from 'whylight';
 * import saliency from 'whylight/methods/gradient/saliency';
 * const explainer = createExplainer({ methods: [saliency] });
 * const { rows } = await explainer.explain(await Model.read({ bytes }), { method: 'saliency', inputs });
 */
export const createExplainer = (settings: ExplainerSettings): Explainer =>
  explainerOn(settings.engine ?? onnxruntimeNode(), settings, PROCESS_LIMITS);
