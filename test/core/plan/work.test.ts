import { describe, expect, it } from 'vitest';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { countWork } from '../../../src/core/plan/work.ts';

const [CHANNELS, SIDE] = [8, 10];

interface Options {
  readonly groups?: number;
  /** Adds another reader to the output of the convolution. */
  readonly isRead?: boolean;
  readonly activation?: string;
}

/** A convolution of 1x1 between conversions to whole numbers and back. */
function quantised({ groups = 1, isRead = false, activation }: Options = {}): Graph {
  const g = GraphBuilder.empty();
  const scale = g.constant('float32', [], Float32Array.of(0.1));
  const zero = g.constant('uint8', [], Uint8Array.of(128));
  const whole = (x: Value) => g.op('QuantizeLinear', [x, scale, zero]);
  const back = (x: Value) => g.op('DequantizeLinear', [x, scale, zero]);
  const x = g.input('image', 'float32', ['N', CHANNELS, SIDE, SIDE]);
  const dims = [CHANNELS, CHANNELS / groups, 1, 1];
  const weights = g.constant('uint8', dims, new Uint8Array((CHANNELS * CHANNELS) / groups));
  const convolved = g.op('Conv', [back(whole(x)), back(weights)], { group: groups });
  const active = activation === undefined ? convolved : g.op(activation, [convolved]);
  const outputs = [g.named(g.op('Flatten', [back(whole(active))]), 'scores')];
  return g.build(isRead ? [...outputs, g.named(g.op('Neg', [convolved]), 'other')] : outputs);
}

describe('countWork', () => {
  const dense = 2 * CHANNELS * CHANNELS * SIDE * SIDE;

  it('counts a convolution between conversions as one of whole numbers, and the conversions as a part of it', () => {
    const work = countWork(quantised());
    expect(work).toMatchObject({ products: 0, grouped: 0, quantised: dense, quantisedGrouped: 0 });
    // Left are QuantizeLinear of the input, the convolution, DequantizeLinear of its output, Flatten and Identity; the
    // convolution reads the weights as well, which are no constant behind their conversion.
    expect(work).toMatchObject({ nodes: 5, elements: 10 * CHANNELS * SIDE * SIDE + CHANNELS * CHANNELS });
  });

  it('counts one in several groups apart', () => {
    expect(countWork(quantised({ groups: CHANNELS }))).toMatchObject({
      quantised: 0,
      quantisedGrouped: dense / CHANNELS,
    });
  });

  it('counts one with an activation before the conversion likewise', () => {
    expect(countWork(quantised({ activation: 'Relu' }))).toMatchObject({ products: 0, quantised: dense });
  });

  it('counts one whose output something else reads as one of floats', () => {
    expect(countWork(quantised({ isRead: true }))).toMatchObject({ products: dense, quantised: 0, nodes: 10 });
  });
});
