/** `whylight` in Node: explains on onnxruntime-node. */
import { fileURLToPath } from 'node:url';
import { PROCESS_LIMITS } from '../core/limits.ts';
import { availableEngine } from '../node/available-engine.ts';
import { nodeCodecs } from '../node/codecs.ts';
import { readBytes } from '../node/files.ts';
import { onnxruntimeNode } from '../node/onnxruntime-node.ts';
import { openModelFile } from '../node/open-model-file.ts';
import { createExplainerOn } from './create-explainer.ts';
import { type Open, openOn, type Platform } from './open.ts';

export { nodeCodecs as imageCodecs } from '../node/codecs.ts';
export * from './common.ts';

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
export const createExplainer = createExplainerOn(onnxruntimeNode, PROCESS_LIMITS);

const NODE: Platform = {
  codecs: nodeCodecs(),
  limits: PROCESS_LIMITS,
  engine: availableEngine,
  readFile: (path) => readBytes(pathOf(path), 'file'),
  async openPath(path, said) {
    const { models: folders } = await import('#plugins');
    const root = fileURLToPath(new URL('../../', import.meta.url));
    return openModelFile(pathOf(path), { ...said, embedded: { folders, root } });
  },
};

const pathOf = (place: string): string => (place.startsWith('file:') ? fileURLToPath(place) : place);

/**
 * Opens a model.
 * @param source path of an ONNX file, a manifest or a folder; name of an embedded model; an address; or bytes
 * @param options facts about the model that its files do not state, methods and engine; all may be left out
 * @throws WhylightError `model_not_found`, `not_found`, `invalid_config`, `invalid_model`
 *
 * @example
 * import { open } from 'whylight';
 * const model = await open('model.onnx', { labels: ['cat', 'dog'] });
 * const explanation = await model.explain('cat.jpg', { target: 'cat' });
 * await writeFile('map.png', await explanation.png());
 */
export const open: Open = (source, options) => openOn(NODE, source, options);
