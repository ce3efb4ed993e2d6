/** The sliding window of a convolution or pooling node, with every default and `auto_pad` worked out. */
import { WhylightError } from '../errors.ts';
import { intAttribute, intsAttribute, stringAttribute } from './attributes.ts';
import { isStatic } from './dims.ts';
import type { Dim, Node } from './graph.ts';

/** One entry for each spatial dim. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padsBegin: readonly number[];
  readonly padsEnd: readonly number[];
}

/**
 * @param input shape of the node's first input, [N, C, ...spatial]
 * @param weights shape of the kernel, [M, C/g, ...spatial]; left out for pooling, whose `kernel_shape` is mandatory
 * @throws WhylightError `invalid_model` when the kernel's dims are unknown, or `auto_pad` meets unknown dims with strides.
 */
export function windowOf(node: Node, input: readonly Dim[] | undefined, weights?: readonly Dim[]): Window {
  const kernel: readonly Dim[] | undefined = intsAttribute(node, 'kernel_shape') ?? weights?.slice(2);
  if (!isStatic(kernel)) {
    throw new WhylightError(
      'invalid_model',
      `${node.op} "${node.name}": the dims of its window are not known before the run.`,
      { node: node.name },
    );
  }
  const ones = kernel.map(() => 1);
  const strides = intsAttribute(node, 'strides', ones);
  const dilations = intsAttribute(node, 'dilations', ones);
  const autoPad = stringAttribute(node, 'auto_pad', 'NOTSET');
  if (autoPad === 'NOTSET') {
    const pads = intsAttribute(
      node,
      'pads',
      [...ones, ...ones].map(() => 0),
    );
    return { kernel, strides, dilations, padsBegin: pads.slice(0, kernel.length), padsEnd: pads.slice(kernel.length) };
  }
  const totals = kernel.map((k, i) => {
    if (autoPad === 'VALID') return 0;
    const [stride, reach] = [strides[i] as number, (dilations[i] as number) * (k - 1) + 1];
    // With unit strides the padding does not depend on the dim.
    if (stride === 1) return reach - 1;
    const dim = input?.[i + 2];
    if (typeof dim !== 'number') {
      throw new WhylightError(
        'invalid_model',
        `${node.op} "${node.name}": auto_pad ${autoPad} needs spatial dims that are known before the run.`,
        { node: node.name },
      );
    }
    return Math.max((Math.ceil(dim / stride) - 1) * stride + reach - dim, 0);
  });
  const small = totals.map((t) => Math.floor(t / 2));
  const large = totals.map((t, i) => t - (small[i] as number));
  const [padsBegin, padsEnd] = autoPad === 'SAME_LOWER' ? [large, small] : [small, large];
  return { kernel, strides, dilations, padsBegin, padsEnd };
}

export const ceilMode = (node: Node): boolean => intAttribute(node, 'ceil_mode', 0) === 1;
