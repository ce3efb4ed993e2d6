/** Maps of pytorch-grad-cam 1.5.5 in float64, at the size of the image. */
import { readFileSync } from 'node:fs';
import { describe, it } from 'vitest';
import { expectMap } from '../../support/convention-maps.ts';
import type { Activation } from '../../support/convention-nets.ts';

/** Rows of the tables below, as the reference gives them. */
const FIGURES: {
  readonly ablation: readonly [Activation, number, readonly number[]][];
  readonly principal: readonly [string, number, number, readonly number[]][];
  readonly cams: readonly [string, readonly number[]][];
} = JSON.parse(readFileSync(new URL('./cam-maps.json', import.meta.url), 'utf8'));

describe('ablation_cam under the preset pytorch_grad_cam', () => {
  it.each(FIGURES.ablation)(
    'has the map of that library behind a %s with %d channels',
    async (activation, channels, expected) => {
      const net = { size: [4, 4], channels, activation, seed: 20, target: 1 } as const;
      await expectMap('ablation_cam', net, expected);
    },
  );
});

describe('principal components under the preset pytorch_grad_cam', () => {
  it.each(FIGURES.principal)(
    'have the map of %s with its sign for %d channels at %d places a side',
    async (method, channels, side, expected) => {
      const net = { size: [side, side], channels, activation: 'SiLU', seed: 21, target: 0 } as const;
      await expectMap(method, net, expected);
    },
  );
});

describe('class activation maps under the preset pytorch_grad_cam', () => {
  it.each(FIGURES.cams)('have the map of that library for %s behind SiLU', async (method, expected) => {
    const net = { size: [4, 4], channels: 6, activation: 'SiLU', seed: 20, target: 1 } as const;
    await expectMap(method, net, expected);
  });
});
