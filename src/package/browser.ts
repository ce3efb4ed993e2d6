/** `whylight` in a browser: explains on onnxruntime-web, which fetches its binary from beside the script. */
import type { Explainer } from '../core/explainer/explainer.ts';
import { PROCESS_LIMITS } from '../core/limits.ts';
import { onnxruntimeWeb } from '../node/onnxruntime-web.ts';
import { type ExplainerSettings, explainerOn } from './explain.ts';

export * from './explain.ts';

/**
 * Makes an explainer that runs on onnxruntime-web.
 * @throws WhylightError `invalid_config` for methods that break the contract, ids that are taken, or wrong defaults
 *
 * @example
 * import { createExplainer, Model } from 'whylight';
 * import saliency from 'whylight/methods/gradient/saliency';
 * const explainer = createExplainer({ methods: [saliency] });
 * const { rows } = await explainer.explain(await Model.read({ bytes }), { method: 'saliency', inputs });
 */
export const createExplainer = (settings: ExplainerSettings): Explainer =>
  explainerOn(settings.engine ?? onnxruntimeWeb(), settings, PROCESS_LIMITS);
