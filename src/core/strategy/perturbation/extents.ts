/** Window shapes and strides as clients give them, for any kind of input. */

import * as z from 'zod';
import { WhylightError } from '../../errors.ts';
import { choice } from '../../method/choice.ts';
import type { TensorInfo } from '../../model/info.ts';
import { knownDims } from '../../model/known-dims.ts';

const dims = z.array(z.int().min(1)).max(16).default([]);

export const windowParameters = {
  sliding_window_shape: dims.describe(
    'Dims of the window: one number for every spatial axis, one for each spatial axis (all channels), or one for each axis; for several inputs, those of one after those of the other. Left empty, each word of a text, column of a table or window of a signal is covered by itself, or a third of each side of an image.',
  ),
  strides: dims.describe('Steps of the window, given like its shape; a third of the window when left empty.'),
  edge: choice(
    ['cut', 'whole'],
    'cut',
    'Windows that stand out at the far edge: cut off, as Captum cuts them, or left out, as Xplique leaves them. What no window covers then has the value 0.',
  ),
};

export interface WindowShape {
  readonly window: readonly number[];
  readonly strides: readonly number[];
}

type Given = {
  readonly sliding_window_shape: readonly number[];
  readonly strides: readonly number[];
  readonly edge: 'cut' | 'whole';
};

/**
 * The window for each input.
 * @throws WhylightError `invalid_request` for a window that does not fit the input, `unprocessable_method` for an input
 * of unknown shape.
 */
export function windowShapes(
  inputs: readonly TensorInfo[],
  { sliding_window_shape, strides, edge }: Given,
): WindowShape[] {
  const windows = shares(inputs, sliding_window_shape);
  const steps = shares(inputs, strides);
  return inputs.map((input, i) =>
    windowShape(input, {
      sliding_window_shape: windows[i] as readonly number[],
      strides: steps[i] as readonly number[],
      edge,
    }),
  );
}

/** Each input's part of a list that has a number for every axis of every input; else the whole list for each. */
function shares(inputs: readonly TensorInfo[], given: readonly number[]): (readonly number[])[] {
  const ranks = inputs.map(({ dims }) => dims.length);
  if (inputs.length < 2 || given.length !== ranks.reduce((a, b) => a + b, 0)) return inputs.map(() => given);
  const starts = ranks.map((_, i) => ranks.slice(0, i).reduce((a, b) => a + b, 0));
  return ranks.map((rank, i) => given.slice(starts[i], (starts[i] as number) + rank));
}

function windowShape(input: TensorInfo, { sliding_window_shape, strides, edge }: Given): WindowShape {
  const dims = knownDims(input);
  const window =
    sliding_window_shape.length > 0
      ? spread('sliding_window_shape', sliding_window_shape, input, dims)
      : dims.map((dim, axis) => (axis === input.channelAxis ? dim : usualDim(dim, input)));
  for (const [axis, dim] of window.entries()) {
    if (dim > (dims[axis] as number)) {
      throw invalid(
        'sliding_window_shape',
        `The window [${window.join(', ')}] is larger than the input "${input.name}" [${dims.join(', ')}].`,
      );
    }
  }
  const steps =
    strides.length > 0
      ? spread('strides', strides, input, window)
      : window.map((dim, axis) => (axis === input.channelAxis ? dim : Math.ceil(dim / 3)));
  if (edge === 'cut' && steps.some((step, axis) => step > (window[axis] as number))) {
    throw invalid(
      'strides',
      `The strides [${steps.join(', ')}] are larger than the window [${window.join(', ')}]: some elements would never be covered.`,
    );
  }
  return { window, strides: steps };
}

/**
 * About fifty windows over an image or a series, one for each number of a vector. Smaller windows leave enough of an
 * object visible for a good network to recognise it all the same.
 */
function usualDim(dim: number, { channelAxis, dims }: TensorInfo): number {
  if (channelAxis === undefined) return 1;
  return Math.ceil(dim / (dims.length === 2 ? 16 : 3));
}

/** @param channel what the channel axis gets when it is left out, by axis */
function spread(
  name: string,
  given: readonly number[],
  { channelAxis, dims }: TensorInfo,
  channel: readonly number[],
): number[] {
  if (given.length === dims.length && (given.length > 1 || channelAxis === undefined)) return [...given];
  const spatial = dims.length - (channelAxis === undefined ? 0 : 1);
  if (given.length !== 1 && given.length !== spatial) {
    throw invalid(
      name,
      `${name} must have 1, ${spatial} or ${dims.length} numbers for an input of shape [${dims.join(', ')}], but has ${given.length}.`,
    );
  }
  let next = 0;
  return dims.map((_, axis) =>
    axis === channelAxis ? (channel[axis] as number) : (given[given.length === 1 ? 0 : next++] as number),
  );
}

const invalid = (parameter: string, message: string): WhylightError =>
  new WhylightError('invalid_request', message, { issues: [{ parameter, message }] });
