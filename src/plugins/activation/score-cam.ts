import { defineMaskedScores } from '../../core/strategy/activation/masked-scores.ts';

/** Feature maps weighted with the softmax of the scores that the image has when they mask it (algorithm 1 of the paper). */
export default defineMaskedScores({
  id: 'score_cam',
  revision: 2,
  about: {
    title: 'Score-CAM',
    summary: 'What each feature map keeps of the score when it masks the image: no gradient, one run per channel.',
    paper: {
      title: 'Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks',
      year: 2020,
      url: 'https://arxiv.org/abs/1910.01279',
      where: 'algorithm 1',
    },
    modalities: ['image'],
    properties: { signed: false, complete: false, deterministic: true, classDiscriminative: true },
  },
  presets: { pytorch_grad_cam: { relu: true } },
});
