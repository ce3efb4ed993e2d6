import * as z from 'zod';
import { arxiv } from '../../core/method/papers.ts';
import { defineMaskedScores } from '../../core/strategy/activation/masked-scores.ts';

/** Score-CAM with noise on the masks: each score is the mean over noisy copies, `(U(A_k) + noise) x`. */
export default defineMaskedScores({
  id: 'ss_cam',
  revision: 2,
  about: {
    title: 'SS-CAM',
    summary: 'Score-CAM with noisy masks: what each feature map keeps of the score, smoothed over many copies.',
    paper: arxiv('2006.14255', 2020, 'SS-CAM: Smoothed Score-CAM for Sharper Visual Feature Localization'),
    properties: { deterministic: false },
  },
  params: {
    n_samples: z.int().min(1).max(1000).default(35).describe('Noisy copies of each mask.'),
    std: z.number().min(0).max(10).default(2).describe('Standard deviation of the noise; masks go from 0 to 1.'),
  },
  samples: ({ n_samples }) => n_samples,
  factors: (mask, { index }, { std }, noise) => {
    const numbers = noise(index);
    return mask.map((value, i) => value + std * (numbers[i] as number));
  },
});
