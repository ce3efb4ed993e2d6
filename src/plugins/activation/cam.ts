import * as z from 'zod';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import { eigenSmoothParameter, reluParameter } from '../../core/strategy/activation/cam.ts';
import { classifierOf } from '../../core/strategy/activation/classifier.ts';
import { finishWeighted } from '../../core/strategy/activation/finish-weighted.ts';

/** Feature maps weighted as the classifier behind the global pooling weights them (equation 2 of the paper). */
export default defineMethod({
  apiVersion: 1,
  id: 'cam',
  strategy: 'activation',
  revision: 2,
  about: {
    title: 'CAM',
    summary:
      'What each position adds to the score: exact for models that end in global average pooling and one linear layer.',
    paper: arxiv('1512.04150', 2016, 'Learning Deep Features for Discriminative Localization', 'equation 2'),
    properties: { signed: false, complete: false, deterministic: true, classDiscriminative: true },
  },
  params: z.object({ relu: reluParameter, eigen_smooth: eigenSmoothParameter }),
  needs: (_, model) => ({ activations: [classifierOf(model).layer] }),
  cost: () => ({ forwards: 1, backwards: 0 }),
  explain: async (ctx) => {
    const { layer, weights } = classifierOf(ctx.model);
    const evaluation = await ctx.evaluate(ctx.inputs);
    return finishWeighted(ctx, { ...ctx.params, target_layer: layer }, evaluation, ({ channels }) =>
      weights(ctx.target, channels),
    );
  },
});
