import { arxiv } from '../../core/method/papers.ts';
import { defineMaskedScores } from '../../core/strategy/activation/masked-scores.ts';

/** Feature maps weighted with the softmax of the scores that the image has when they mask it (algorithm 1 of the paper). */
export default defineMaskedScores({
  id: 'score_cam',
  revision: 2,
  about: {
    title: 'Score-CAM',
    summary: 'What each feature map keeps of the score when it masks the image: no gradient, one run per channel.',
    paper: arxiv(
      '1910.01279',
      2020,
      'Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks',
      'algorithm 1',
    ),
  },
  presets: { pytorch_grad_cam: { relu: true } },
});
