import * as z from 'zod';
import { choice } from '../../core/method/choice.ts';
import { arxiv } from '../../core/method/papers.ts';
import { defineMaskedScores } from '../../core/strategy/activation/masked-scores.ts';

/** Score-CAM along a path: each score is the mean over the masked image, faded in step by step. */
export default defineMaskedScores({
  id: 'is_cam',
  revision: 2,
  about: {
    title: 'IS-CAM',
    summary:
      'Score-CAM with masks that are faded in: what each feature map keeps of the score, averaged along the way.',
    paper: arxiv('2010.03023', 2020, 'IS-CAM: Integrated Score-CAM for axiomatic-based explanations'),
  },
  params: {
    n_samples: z.int().min(1).max(1000).default(10).describe('Steps of each mask.'),
    convention: choice(
      ['cumulative', 'linear'],
      'cumulative',
      'Factor of step i of N. cumulative: (0 + 1 + ... + i) / N, as the paper and torch-cam; linear: (i + 1) / N, which ends at the mask itself.',
    ),
  },
  samples: ({ n_samples }) => n_samples,
  factors: (mask, { index, of }, { convention }) => {
    const factor = convention === 'linear' ? (index + 1) / of : (index * (index + 1)) / 2 / of;
    return mask.map((value) => value * factor);
  },
});
