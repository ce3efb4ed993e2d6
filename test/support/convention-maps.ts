/** Comparison of attributions with numbers that another library gives for {@link file://./convention-nets.ts}. */
import { expect } from 'vitest';
import { plugins } from '#plugins';
import type { ExplainRequest } from '../../src/core/explainer/request.ts';
import type { Model } from '../../src/core/model/model.ts';
import { explainerOf } from './classifiers.ts';
import { type Activation, convolutional, fractionRow } from './convention-nets.ts';

const explainer = explainerOf(plugins.map(({ method }) => method));

/** Largest difference, as a share of the largest number. */
const TOLERANCE = 2e-5;

function expectClose(values: ArrayLike<number>, expected: readonly number[]): void {
  expect(values).toHaveLength(expected.length);
  const size = Math.max(1e-3, ...expected.map(Math.abs));
  for (const [i, value] of expected.entries()) {
    expect(Math.abs((values[i] as number) - value) / size, `element ${i}: ${values[i]} for ${value}`).toBeLessThan(
      TOLERANCE,
    );
  }
}

/** Expects these values of the only row, by tensor. */
export async function expectValues(
  model: Model,
  request: ExplainRequest,
  expected: Readonly<Record<string, readonly number[]>>,
): Promise<void> {
  const { rows } = await explainer.explain(model, request);
  for (const [name, numbers] of Object.entries(expected)) {
    expectClose((rows[0]?.values?.[name]?.data ?? []) as Float32Array, numbers);
  }
}

/** Expects a map of the activations, scaled from 0 to 1, under the preset of pytorch-grad-cam. */
export async function expectMap(
  method: string,
  net: {
    readonly size: readonly [number, number];
    readonly channels: number;
    readonly activation: Activation;
    readonly seed: number;
    readonly target: number;
  },
  expected: readonly number[],
): Promise<void> {
  const { rows } = await explainer.explain(
    await convolutional(net.size, { channels: net.channels, activation: net.activation }),
    {
      method,
      params: { preset: 'pytorch_grad_cam', target_layer: 'features' },
      target: net.target,
      inputs: { image: fractionRow(net.seed, [2, ...net.size], 2) },
    },
  );
  const map = Array.from((Object.values(rows[0]?.values ?? {})[0]?.data ?? []) as Float32Array);
  const [low, high] = [Math.min(...map), Math.max(...map)];
  expectClose(
    map.map((value) => (value - low) / (high - low)),
    expected,
  );
}
