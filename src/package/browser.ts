/** `whylight` in a browser: explains on onnxruntime-web, which fetches its binary from beside the script. */
import { PROCESS_LIMITS } from '../core/limits.ts';
import { onnxruntimeWeb } from '../node/onnxruntime-web.ts';
import { canvasCodecs } from './canvas-codecs.ts';
import { createExplainerOn } from './create-explainer.ts';
import { type Open, openOn, type Platform } from './open.ts';

export { canvasCodecs as imageCodecs } from './canvas-codecs.ts';
export * from './common.ts';

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
export const createExplainer = createExplainerOn(onnxruntimeWeb, PROCESS_LIMITS);

const BROWSER: Platform = {
  codecs: canvasCodecs(),
  limits: PROCESS_LIMITS,
  engine: () => ({ engine: onnxruntimeWeb() }),
};

/**
 * Opens a model in the page or in a worker of it.
 * @param source an address that is fetched, relative to the page; bytes; or a file of an input element
 * @param options facts about the model that its files do not state, methods and engine; all may be left out
 * @throws WhylightError `model_not_found`, `not_found`, `invalid_config`, `invalid_model`
 *
 * @example
 * import { open } from 'whylight';
 * const model = await open('/models/cifar10/');
 * const explanation = await model.explain(input.files[0]);
 * image.src = URL.createObjectURL(new Blob([await explanation.png()]));
 */
export const open: Open = (source, options) => openOn(BROWSER, source, options);
