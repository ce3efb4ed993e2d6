/** The explained part of a model, as every method that is written into it needs it. */
import { WhylightError } from '../../../core/errors.ts';
import { imageInput, type TensorInfo } from '../../../core/model/info.ts';
import type { BoundInfo, Model } from '../../../core/model/model.ts';
import type { GraphBuilder, Value } from '../../../core/onnx/builder.ts';

export interface Subject {
  readonly model: Model;
  readonly info: BoundInfo;
  readonly image: TensorInfo;
  /** Names of the model's own outputs. */
  readonly outputs: readonly string[];
  /** Element of the scores that is explained in every row; the largest of each row when left out. */
  readonly target?: number;
}

/** A method as nodes of the model. */
export interface Written {
  readonly g: GraphBuilder;
  readonly attribution: Value;
  /** The attribution as one channel at the size of the image, [N, H, W]. */
  readonly map: Value;
}

/**
 * Finds the image and the scores of a model.
 * @throws WhylightError `unprocessable_method` for a model without an image, or whose scores are no list of classes;
 * `label_not_found` for a target that the scores lack
 */
export function subjectOf(model: Model, target: number | undefined): Subject {
  const info = model.info();
  const image = imageInput(info);
  if (!image) throw refused('the model sees no image');
  const { scores, scoreSize } = info;
  const isVector = scores.dims.filter((dim) => dim !== 1).length <= 1 && typeof scores.dims[0] === 'number';
  if (!isVector) throw refused(`the scores "${scores.name}" are no list of classes`);
  if (target !== undefined && (target < 0 || target >= scoreSize)) {
    throw new WhylightError('label_not_found', `There is no score ${target}: there are ${scoreSize}, from 0 on.`, {
      target,
      maximum: scoreSize - 1,
    });
  }
  return {
    model,
    info,
    image,
    outputs: model.file.outputs.map(({ name }) => name),
    ...(target !== undefined && { target }),
  };
}

/**
 * The layer that CAM methods look at.
 * @throws WhylightError `unprocessable_method` where the model has no feature maps [N, C, H, W]
 */
export function featureLayer({ info: { camLayer: layer } }: Subject): TensorInfo {
  if (layer?.dims.length === 3 && layer.channelAxis === 0) return layer;
  throw refused('the model has no layer of feature maps [N, C, H, W]');
}

/** Refusal of a model that no map can be written into. */
export const refused = (why: string): WhylightError =>
  new WhylightError('unprocessable_method', `No map can be written into the model: ${why}.`);

/** One at the explained score of each row and zero elsewhere, in the shape of the scores [N, classes, ...]. */
export function oneHot(g: GraphBuilder, { info: { scores, scoreSize }, target }: Subject): Value {
  const given = g.value(scores.name);
  const dims = scores.dims.map(Number);
  const indices = g.constant(
    'int64',
    dims,
    Array.from({ length: scoreSize }, (_, i) => i),
  );
  const winner = target === undefined ? g.op('ArgMax', [given], { axis: 1 }) : g.constant('int64', [], [target]);
  const rows = g.op('Sub', [given, given]);
  return g.op('Add', [g.op('CastLike', [g.op('Equal', [winner, indices]), given]), rows]);
}
