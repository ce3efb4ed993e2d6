/** `whylight/prepared` in browsers: prepared models on onnxruntime-web. */
import { onnxruntimeWeb } from '../node/onnxruntime-web.ts';
import { openPreparedOn, type PreparedModel, type PreparedSettings } from './prepared.ts';

export * from './prepared.ts';

/**
 * Opens a prepared model. Nothing is compiled.
 * @param bytes what `whylight export prepared` or `prepareModel` wrote
 * @throws WhylightError `invalid_model` for other bytes, `invalid_config` for methods that break the contract
 *
 * @example
 * import { openPrepared } from 'whylight/prepared';
 * import saliency from 'whylight/methods/gradient/saliency';
 * const model = openPrepared(bytes, { methods: [saliency] });
 * const { rows } = await model.explain({ method: 'saliency', inputs });
 * @see docs/embedding.md
 */
export const openPrepared = (bytes: Uint8Array, settings: PreparedSettings): PreparedModel =>
  openPreparedOn(onnxruntimeWeb, bytes, settings);
