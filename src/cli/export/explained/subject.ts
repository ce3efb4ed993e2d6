/** The explained part of a model, as every method that is written into it needs it. */
import { WhylightError } from '../../../core/errors.ts';
import { imageInput, type TensorInfo } from '../../../core/model/info.ts';
import type { BoundInfo, Model } from '../../../core/model/model.ts';
import type { GraphBuilder, Value } from '../../../core/onnx/builder.ts';
import { namesOf } from '../../../core/onnx/edit.ts';

export interface Subject {
  readonly model: Model;
  readonly info: BoundInfo;
  /** Tensor that gradients are taken at: the image, the only input of another model, or the embedding of a text. */
  readonly source: TensorInfo;
  /** The image that the model sees; absent for models of other data. */
  readonly image?: TensorInfo;
  /** Names of the model's own outputs. */
  readonly outputs: readonly string[];
  /** Element of the scores that is explained in every row, see {@link ExplainedTarget}. */
  readonly target?: ExplainedTarget;
}

/**
 * Element of the scores that is explained: the same in every row, or `input` for one that a further input of the model
 * names for each row. The largest of each row when left out.
 */
export type ExplainedTarget = number | 'input';

/** A method as nodes of the model. */
export interface Written {
  readonly g: GraphBuilder;
  readonly attribution: Value;
  /** The attribution as one channel at the size of the input: [N, H, W] of an image. */
  readonly map: Value;
}

/**
 * Finds the explained input and the scores of a model.
 * @throws WhylightError `unprocessable_method` for a model of several inputs and no image, or whose scores are no list of
 * classes;
 * `label_not_found` for a target that the scores lack
 */
export function subjectOf(model: Model, target: ExplainedTarget | undefined): Subject {
  const info = model.info();
  const image = imageInput(info);
  const source = image ?? onlySource(info);
  const { scores, scoreSize } = info;
  checkNames(model, target);
  const isVector = scores.dims.filter((dim) => dim !== 1).length <= 1 && typeof scores.dims[0] === 'number';
  if (!isVector) throw refused(`the scores "${scores.name}" are no list of classes`);
  if (typeof target === 'number' && (target < 0 || target >= scoreSize)) {
    throw new WhylightError('label_not_found', `There is no score ${target}: there are ${scoreSize}, from 0 on.`, {
      target,
      maximum: scoreSize - 1,
    });
  }
  return {
    model,
    info,
    source,
    ...(image && { image }),
    outputs: model.file.outputs.map(({ name }) => name),
    ...(target !== undefined && { target }),
  };
}

function onlySource({ sources }: BoundInfo): TensorInfo {
  const [source, ...more] = sources;
  if (source && more.length === 0) return source;
  if (!source) throw refused('the model has no input that can be differentiated');
  const names = sources.map(({ name }) => `"${name}"`).join(', ');
  throw refused(`it is explained at several tensors together (${names}), and a map has one`);
}

/** Names of the outputs that are added. */
export const MAP_OUTPUT = 'saliency_map';
export const ATTRIBUTION_OUTPUT = 'attribution';

/** @throws WhylightError `unprocessable_method` where a name that is added is taken, as in a model with a map already */
function checkNames({ graph }: Model, target: ExplainedTarget | undefined): void {
  const names = namesOf(graph);
  const added = [MAP_OUTPUT, ATTRIBUTION_OUTPUT, ...(target === 'input' ? [TARGET_INPUT] : [])];
  const taken = added.find((name) => names.has(name));
  if (taken !== undefined) {
    throw refused(`it has a tensor named "${taken}" already. Rename that one, or export the model without a map`);
  }
}

/**
 * The image of a class activation map.
 * @throws WhylightError `unprocessable_method`
 */
export function imageOf({ image }: Subject): TensorInfo {
  if (image) return image;
  throw refused(
    'the model sees no image, which class activation maps need. Take saliency, input_x_gradient or integrated_gradients',
  );
}

/** Refusal of a model that no map can be written into. */
export const refused = (why: string): WhylightError =>
  new WhylightError('unprocessable_method', `No map can be written into the model: ${why}.`);

/** Name of the input that names the element to explain. */
export const TARGET_INPUT = 'target';

/**
 * One at the explained score of each row and zero elsewhere, in the shape of the scores [N, classes, ...]. With a target
 * input, int64 [N], a number below 0 stands for the largest score of the row.
 */
export function oneHot(g: GraphBuilder, { info: { scores, scoreSize }, target }: Subject): Value {
  const given = g.value(scores.name);
  const dims = scores.dims.map(Number);
  const indices = g.constant(
    'int64',
    dims,
    Array.from({ length: scoreSize }, (_, i) => i),
  );
  const largest = (): Value => g.op('ArgMax', [given], { axis: 1 + classAxis(dims) });
  const ofRows = (): Value => {
    const rows = g.input(TARGET_INPUT, 'int64', [given.dims?.[0] ?? 'N']);
    const wanted = g.op('Reshape', [rows, g.ints([-1, ...dims.map(() => 1)])]);
    return g.op('Where', [g.op('Less', [wanted, g.scalar(0, 'int64')]), largest(), wanted]);
  };
  const winner = target === undefined ? largest() : target === 'input' ? ofRows() : g.constant('int64', [], [target]);
  const rows = g.op('Sub', [given, given]);
  return g.op('Add', [g.op('CastLike', [g.op('Equal', [winner, indices]), given]), rows]);
}

/** Axis of a row of the scores that counts classes: the others have one element. */
const classAxis = (dims: readonly number[]): number =>
  Math.max(
    0,
    dims.findIndex((dim) => dim !== 1),
  );
