/** `whylight` in a Worker: explains on onnxruntime-web inside the isolate. */
import { ISOLATE_LIMITS } from '../core/limits.ts';
import { edgeCodecs } from '../edge/workerd/codecs/all.ts';
import { onnxruntimeWorkerd } from '../edge/workerd/onnxruntime-workerd.ts';
import { createExplainerOn } from './create-explainer.ts';
import { type Open, openOn, type Platform } from './open.ts';

export { edgeCodecs as imageCodecs } from '../edge/workerd/codecs/all.ts';
export * from './common.ts';

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
export const createExplainer = createExplainerOn(onnxruntimeWorkerd, ISOLATE_LIMITS);

const WORKER: Platform = {
  codecs: edgeCodecs(),
  limits: ISOLATE_LIMITS,
  engine: () => ({ engine: onnxruntimeWorkerd() }),
};

/**
 * Opens a model inside the isolate.
 * @param source bytes, or an address that is fetched
 * @param options facts about the model that its files do not state, methods and engine; all may be left out
 * @throws WhylightError `model_not_found`, `not_found`, `invalid_config`, `invalid_model`
 *
 * @example
 * import { open } from 'whylight';
 * const model = await open(await (await bindings.MODELS.get('model.onnx')).arrayBuffer(), { preprocessing, labels });
 * const explanation = await model.explain(await request.arrayBuffer());
 * return new Response(await explanation.png());
 */
export const open: Open = (source, options) => openOn(WORKER, source, options);
