import * as z from 'zod';
import { defineMaskedScores } from '../../core/strategy/activation/masked-scores.ts';

/** Score-CAM for the channels that vary most over the image alone: few of them carry the map. */
export default defineMaskedScores({
  id: 'faster_score_cam',
  revision: 2,
  about: {
    title: 'Faster Score-CAM',
    summary: 'Score-CAM for the few feature maps that vary most: nearly the same map for a fraction of the runs.',
  },
  params: {
    max_channels: z
      .int()
      .min(1)
      .max(10000)
      .default(10)
      .describe('How many feature maps are tried; those with the largest variance.'),
  },
  channels: (count, { max_channels }) => Math.min(count, max_channels),
  choose: ({ channels, positions, activations }, count) => {
    const spread = Array.from({ length: channels }, (_, c) =>
      variance(activations.subarray(c * positions, (c + 1) * positions)),
    );
    return Array.from(spread.keys())
      .sort((a, b) => (spread[b] as number) - (spread[a] as number))
      .slice(0, count);
  },
});

function variance(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
}
