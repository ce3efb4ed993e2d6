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
import type { ModelInfo } from '../../core/model/info.ts';
import type { Node } from '../../core/onnx/graph.ts';
import { traitsOf } from '../../core/onnx/operators.ts';
import { relevanceAt, relevanceGradients, relevanceParameters } from '../../core/strategy/relevance.ts';
import { defineSinglePass } from '../../core/strategy/single-pass.ts';

/** The score itself, handed back layer by layer until it lies on the input. */
export default defineSinglePass({
  id: 'lrp',
  strategy: 'activation',
  revision: 5,
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
    ruleset: lrp({ composite, epsilon, gamma, low, high, zeroParams: zero_params, rules: ruleOfLayer(rules, model) }),
  }),
  values: (evaluation, { params, model }) => relevanceAt(params.target_layer, model, evaluation),
});

/**
 * The rule of each layer, by its node, by the tensor that the node returns, and by the name that was given: which of the
 * names is left depends on what else the graph is simplified to.
 * @throws WhylightError `invalid_request` for an entry that is not `layer=rule`, or names no layer with weights
 */
function ruleOfLayer(entries: readonly string[], { graph: { nodes } }: ModelInfo): Record<string, LrpRule> {
  return Object.fromEntries(
    entries.flatMap((entry) => {
      const at = entry.lastIndexOf('=');
      const rule = entry.slice(at + 1) as LrpRule;
      if (at < 1 || !LRP_RULES.includes(rule)) {
        throw refused(entry, `is not of the form layer=rule, with a rule out of ${LRP_RULES.join(', ')}`);
      }
      const name = entry.slice(0, at);
      const layer = weightedNode(name, nodes);
      if (!layer) throw refused(entry, 'names no layer with weights: give its node, or the tensor behind it');
      return [layer.name, ...layer.outputs, name].map((key) => [key, rule] as const);
    }),
  );
}

/** Operators through which a tensor still counts as the output of the layer before: its bias, and other names of it. */
const BEHIND_LAYERS: ReadonlySet<string> = new Set(['Identity', 'Add', 'Reshape', 'Transpose', 'Cast']);

/** The node with weights that has this name, or that gives the tensor of this name. */
function weightedNode(name: string, nodes: readonly Node[]): Node | undefined {
  let node = nodes.find((one) => one.name === name) ?? nodes.find(({ outputs }) => outputs.includes(name));
  while (node && !traitsOf(node).linear) {
    const { op, inputs } = node;
    if (!BEHIND_LAYERS.has(op)) return undefined;
    const before: Node[] = nodes.filter(({ outputs }) => outputs.some((tensor) => inputs.includes(tensor)));
    node = before.length === 1 ? before[0] : undefined;
  }
  return node;
}

const refused = (entry: string, message: string): WhylightError =>
  new WhylightError('invalid_request', `rules: "${entry}" ${message}.`, { parameter: 'rules', entry });
