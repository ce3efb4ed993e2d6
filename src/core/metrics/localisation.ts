/** Does the map point at the object? Both need a box or a mask of it. */
import * as z from 'zod';
import { defineMetric } from './metric.ts';
import { regionFor } from './region.ts';

const none = { forwards: 0, backwards: 0 };

export const pointingGame = defineMetric({
  id: 'pointing_game',
  about: {
    title: 'Pointing game',
    summary: 'Whether the largest value of the map lies on the object: 1 or 0, over many images the share of hits.',
    paper: {
      title: 'Top-down neural attention by excitation backprop',
      year: 2018,
      url: 'https://arxiv.org/abs/1608.00507',
    },
    better: 'higher',
  },
  needsRegion: true,
  params: z.object({
    tolerance: z.int().min(0).default(0).describe('How many pixels beside the object still count; 15 in the paper.'),
  }),
  cost: () => none,
  measure: async ({ row, region, params: { tolerance } }) => {
    const [height = 0, width = 0] = row.map?.dims ?? [];
    const { inside } = regionFor('pointing_game', region, [height, width]);
    const values = row.map?.data ?? new Float32Array();
    let best = 0;
    for (let i = 1; i < values.length; i++) if ((values[i] as number) > (values[best] as number)) best = i;
    const [y, x] = [Math.floor(best / width), best % width];
    const hit = inside.some(
      (one, i) => one === 1 && Math.hypot(Math.floor(i / width) - y, (i % width) - x) <= tolerance,
    );
    return { score: hit ? 1 : 0 };
  },
});

export const energyInBox = defineMetric({
  id: 'energy_in_box',
  about: {
    title: 'Energy in box',
    summary: "The share of the map's positive values that lies on the object (energy-based pointing game).",
    paper: {
      title: 'Score-CAM: Score-weighted visual explanations for convolutional neural networks',
      year: 2020,
      url: 'https://arxiv.org/abs/1910.01279',
    },
    better: 'higher',
  },
  needsRegion: true,
  params: z.object({}),
  cost: () => none,
  measure: async ({ row, region }) => {
    const { inside } = regionFor('energy_in_box', region, row.map?.dims ?? []);
    let [on, all] = [0, 0];
    for (const [i, value] of (row.map?.data ?? new Float32Array()).entries()) {
      if (value <= 0) continue;
      all += value;
      if (inside[i] === 1) on += value;
    }
    return { score: all > 0 ? on / all : 0 };
  },
});
