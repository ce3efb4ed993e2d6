import * as z from 'zod';
import {
  LRP_COMPOSITES,
  LRP_DEFAULTS,
  LRP_RULES,
  type LrpComposite,
  type LrpRule,
  lrp,
} from '../../core/autodiff/rulesets/lrp.ts';
import { WhylightError } from '../../core/errors.ts';
import { doi } from '../../core/method/papers.ts';
import { units } from '../../core/method/units.ts';
import { relevanceAt, relevanceGradients, relevanceParameters } from '../../core/strategy/relevance.ts';
import { defineSinglePass } from '../../core/strategy/single-pass.ts';

/** The score itself, handed back layer by layer until it lies on the input. */
export default defineSinglePass({
  id: 'lrp',
  strategy: 'activation',
  revision: 4,
  about: {
    title: 'Layer-wise Relevance Propagation',
    summary:
      'How the score is shared out: each layer splits the relevance it gets among its inputs, by what they added.',
    paper: doi(
      '10.1371/journal.pone.0130140',
      2015,
      'On Pixel-Wise Explanations for Non-Linear Classifier Decisions by Layer-Wise Relevance Propagation',
      'equation 58',
    ),
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
    axioms: ['linearity'],
  },
  presets: {
    captum: { composite: 'epsilon', epsilon: 1e-9 },
    zennit: { epsilon: 1e-6, gamma: 0.25, zero_params: 'none' },
  },
  params: {
    composite: z
      .enum(Object.keys(LRP_COMPOSITES) as [LrpComposite, ...LrpComposite[]])
      .default(LRP_DEFAULTS.composite)
      .describe('Which rule for which kind of layer, named as in zennit.'),
    ...relevanceParameters,
    gamma: z
      .number()
      .min(0)
      .max(100)
      .default(LRP_DEFAULTS.gamma)
      .describe('Weight of the positive part in the gamma rule.'),
    low: units.default(LRP_DEFAULTS.low).describe('Smallest value that the input can have, for the z-box rule.'),
    high: units.default(LRP_DEFAULTS.high).describe('Largest value that the input can have, for the z-box rule.'),
    rules: z
      .array(z.string())
      .max(200)
      .default([])
      .describe(`Other rules for single layers, as tensor=rule or node=rule; rules are ${LRP_RULES.join(', ')}.`),
  },
  needs: ({ rules, composite, epsilon, gamma, low, high, zero_params, target_layer }, model) => ({
    gradients: relevanceGradients(target_layer, model),
    ruleset: lrp({ composite, epsilon, gamma, low, high, zeroParams: zero_params, rules: ruleOfLayer(rules) }),
  }),
  values: (evaluation, { params, model }) => relevanceAt(params.target_layer, model, evaluation),
});

/** @throws WhylightError `invalid_request` for an entry that is not `layer=rule`. */
function ruleOfLayer(entries: readonly string[]): Record<string, LrpRule> {
  return Object.fromEntries(
    entries.map((entry) => {
      const at = entry.lastIndexOf('=');
      const rule = entry.slice(at + 1) as LrpRule;
      if (at > 0 && LRP_RULES.includes(rule)) return [entry.slice(0, at), rule];
      throw new WhylightError(
        'invalid_request',
        `rules: "${entry}" is not of the form layer=rule, with a rule out of ${LRP_RULES.join(', ')}.`,
        { parameter: 'rules', entry },
      );
    }),
  );
}
