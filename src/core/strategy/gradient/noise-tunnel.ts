/** Mean of a method over noisy copies of the input: SmoothGrad, SmoothGrad squared and VarGrad. */

import * as z from 'zod';
import {
  type AboutDefinition,
  type ExplainContext,
  type Method,
  type MethodSource,
  namedNeeds,
} from '../../method/contract.ts';
import { defineMethod } from '../../method/define.ts';
import { type FamilyDefinition, membersOf } from '../../method/family.ts';
import type { ModelInfo } from '../../model/info.ts';
import { Random } from '../../tensor/random.ts';
import type { Float32Tensors } from '../../tensor/rows.ts';
import {
  explainTogether,
  feeding,
  type InnerMethod,
  parameterTexts,
  refusePerturbation,
  type Subject,
  stackInputs,
} from '../inner-method/batched.ts';
import { isMilestone } from '../inner-method/progress.ts';
import { Moments } from '../moments.ts';
import { precisionParameter } from '../precision.ts';
import { finishValues, valueParameters } from '../reduction.ts';
import { UNCERTAINTY_RETURNED, uncertaintyOf, uncertaintyParameter } from '../uncertainty.ts';
import { noiseParameters, withNoise } from './noise.ts';
import { embeddings, lookupCost, sourceValues, withSources } from './sources.ts';

/** Definition of a noise tunnel. Its class discrimination and randomness follow from what it does. */
export interface NoiseTunnelDefinition extends Omit<FamilyDefinition, 'about' | 'params'> {
  readonly about: Omit<AboutDefinition, 'properties'>;
  /** True for values below zero that mean evidence against the target. */
  readonly signed: boolean;
  /** From what was gathered over the samples to the values. */
  combine(moments: Moments): Float32Tensors;
  /** Knows how far its values are off. */
  readonly isMean?: true;
}

const parameters = z.object({
  base_method: z
    .string()
    .min(1)
    .default('saliency')
    .describe('Id of the gradient or activation method that explains each noisy copy.'),
  base_params: z
    .array(z.string())
    .max(20)
    .default([])
    .describe(
      'Parameters of the base method, each as name=value. Values keep their signs unless absolute=true is among them.',
    ),
  n_samples: z.int().min(1).max(1000).default(25).describe('Noisy copies of the input.'),
  ...noiseParameters,
  precision: precisionParameter('the standard error, as a share of the size of the mean'),
  ...valueParameters(),
});

const meanParameters = parameters.extend({ uncertainty: uncertaintyParameter });

type Params = z.output<typeof parameters> & { readonly uncertainty?: boolean };

const LOOKUP = 'lookup';
/** The forward graph, for methods that read the score without evaluating their input. */
const SCORE = 'score';

/** Presets that hold for every noise tunnel. */
const PRESETS = {
  captum: { n_samples: 5, stdevs: 1, base_params: ['absolute=true'] },
  xplique: { n_samples: 50, stdevs: 0.2, reduction: 'mean' },
} satisfies Method['presets'];

export const defineNoiseTunnel = ({
  combine,
  isMean,
  signed,
  about,
  presets,
  ...rest
}: NoiseTunnelDefinition): Method =>
  defineMethod({
    ...membersOf({
      ...rest,
      about: { ...about, properties: { signed, complete: false, deterministic: false, classDiscriminative: true } },
      presets: { ...PRESETS, ...presets },
      ...(isMean && { returns: { uncertainty: UNCERTAINTY_RETURNED } }),
    }),
    strategy: 'gradient',
    params: isMean ? meanParameters : parameters,
    needs: (params: Params, model, methods) => {
      const { graphs, graphName, fed, method } = bound(params, model, methods);
      const named = Object.entries(graphs).map(([name, needs]) => [graphName(name), needs]);
      return {
        graphs: {
          ...Object.fromEntries(named),
          ...(fed.length > 0 && { [LOOKUP]: { activations: fed } }),
          ...(method.readsScore && { [SCORE]: { feeds: fed } }),
        },
      };
    },
    cost: (params, model, methods, given) => {
      const inner = bound(params, model, methods);
      const { forwards, backwards } = inner.method.cost(inner.params, model, methods, given);
      return {
        forwards: lookupCost(model) + params.n_samples * (forwards + (inner.method.readsScore ? 1 : 0)),
        backwards: params.n_samples * backwards,
      };
    },
    explain: async (ctx) => {
      const { n_samples, precision } = ctx.params;
      const inner = bound(ctx.params, ctx.model, ctx.methods);
      const values = await sourceValues(ctx);
      const moments = new Moments();
      const attribution = () => ({
        values: finishValues(combine(moments), ctx.params, ctx.model),
        ...(isMean && moments.standardError !== undefined && { standardError: moments.standardError }),
        ...uncertaintyOf(ctx, moments.standardErrors),
      });
      for (let first = 0; first < n_samples; first += ctx.batchSize) {
        const count = Math.min(ctx.batchSize, n_samples - first);
        const subjects = Array.from({ length: count }, (_, i) => {
          const random = ctx.random.at(first + i);
          return {
            inputs: withSources(ctx.inputs, withNoise(values, ctx.params, random, SEED_WORDS)),
            random: derived(random),
          };
        });
        const scored = inner.method.readsScore ? await withScores(ctx, subjects) : subjects;
        for (const sample of await explainTogether(ctx, inner, scored)) {
          moments.add(sample.values);
          // After every sample, not every batch: the answer is the same on every machine.
          if (precision > 0 && moments.relativeError <= precision) return attribution();
        }
        if (isMilestone(first, first + count, n_samples)) ctx.partial(attribution);
      }
      return attribution();
    },
  }) as Method;

async function withScores(ctx: ExplainContext<Params>, subjects: readonly Subject[]): Promise<Subject[]> {
  const { scores } = await ctx.evaluate(stackInputs(subjects.map(({ inputs }) => inputs)), { graph: SCORE });
  return subjects.map((subject, i) => ({ ...subject, score: scores[i] as number }));
}

/** The base method as the parameters name it, on graphs where embeddings are fed. */
function bound({ base_method, base_params }: Params, model: ModelInfo, methods: MethodSource): InnerMethod {
  const given = parameterTexts(base_params, 'base_params');
  const plain = methods.bind(base_method, given);
  refusePerturbation(plain, 'base_method');
  const signed = 'absolute' in plain.params && given.absolute === undefined ? { absolute: 'false' } : {};
  const { method, params } = methods.bind(base_method, { ...given, ...signed });
  const fed = embeddings(model).map(({ name }) => name);
  const graphs = namedNeeds(method.needs(params, model, methods));
  return {
    method,
    params,
    graphs: fed.length > 0 ? feeding(graphs, fed) : graphs,
    graphName: (own) => `base ${own}`,
    fed,
  };
}

/** Numbers at the front of a sample's stream that seed the base method. */
const SEED_WORDS = 4;

/** Randomness of the base method: its own for each sample, whatever streams it takes. */
function derived(random: Random): Random {
  const [a = 0, b = 0] = random.uniform(2);
  return new Random(a * 2 ** 48 + b * 2 ** 24);
}
