/** Explanations of frames of a moving image: nothing but the map and the name of the class, as fast as the engine is. */
import { WhylightError } from '../../core/errors.ts';
import type { Image } from '../../core/image/image.ts';
import { imageInputOf } from '../../library/image-subject.ts';
import type { OpenedModel } from '../../library/opened-model.ts';
import { device } from './engine.ts';
import { explainer } from './machine.ts';
import type { FrameMap, LiveMethod } from './messages.ts';

/**
 * Explains the top class of one frame.
 * @throws WhylightError `invalid_config` for a model whose preprocessing is not known, `unprocessable_method`
 */
export async function explainFrame({ model }: OpenedModel, frame: Image, method: LiveMethod): Promise<FrameMap> {
  const { inputs, placement } = imageInputOf(frame, model);
  const { rows } = await explainer.explain(model, { method, inputs, top: 1 });
  const [row] = rows;
  if (!row?.map) throw new WhylightError('unprocessable_method', `${method} gives no map of this model.`, { method });
  const [height = 0, width = 0] = row.map.dims;
  const [first] = row.top;
  return {
    map: { width, height, values: row.map.data },
    placement,
    label: first?.label ?? 'the score',
    device: await device(),
    ...(first?.probability !== undefined && { probability: first.probability }),
  };
}
