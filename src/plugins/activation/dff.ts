import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { choice } from '../../core/method/choice.ts';
import type { ExplainContext, Method } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { layoutOf } from '../../core/method/layout.ts';
import { arxiv } from '../../core/method/papers.ts';
import { scaledToUnit } from '../../core/strategy/activation/cam.ts';
import { type Factors, factorise } from '../../core/strategy/activation/factorise.ts';
import { type FeatureMaps, featureMaps, positionMap } from '../../core/strategy/activation/feature-maps.ts';
import { overLayers } from '../../core/strategy/activation/several-layers.ts';
import { targetLayer, targetLayerParameter } from '../../core/strategy/layer.ts';
import { layerValues } from '../../core/strategy/layer-values.ts';
import { emptyRows, type Float32Tensors } from '../../core/tensor/rows.ts';
import { float32, type Tensor } from '../../core/tensor/tensor.ts';

const params = z.object({
  target_layer: targetLayerParameter,
  n_components: z.int().min(1).max(32).default(5).describe('Concepts that the layer is split into.'),
  component: z
    .union([z.enum(['auto']), z.int().min(0).max(31)])
    .default('auto')
    .describe('Concept whose map is given, from 0; "auto" takes the one without which the score drops most.'),
  returns: choice(
    ['map', 'concept'],
    'map',
    'What is given: where the concept lies, or how much of each channel it has.',
  ),
  scaled: z.boolean().default(true).describe('Scales the map or the concept to [0, 1].'),
  max_iter: z.int().min(1).max(2000).default(200).describe('Rounds of updates of the factorisation.'),
});

type Params = z.output<typeof params>;

/** Returns the factors that the updates start from. */
export type Start = (maps: FeatureMaps, components: number) => Factors;

/** Deep feature factorisation from the given start, or from seeded random factors when left out. */
export const deepFeatureFactorisation = (start?: Start): Method =>
  overLayers(
    defineMethod({
      apiVersion: 1,
      id: 'dff',
      strategy: 'activation',
      revision: 2,
      about: {
        title: 'Deep Feature Factorisation',
        summary:
          'The feature maps of a layer as a few concepts, each with a map: where it lies, and how much the score needs it. No gradient.',
        paper: arxiv('1806.10206', 2018, 'Deep Feature Factorization For Concept Discovery', 'equations 4 to 6'),
        properties: { signed: false, complete: false, deterministic: false, classDiscriminative: true },
      },
      returns: {
        maps: 'every concept in the form of the values, with the drop of the score without it where it is known',
      },
      params,
      needs: (given, model) => {
        checkComponent(given);
        const { name } = targetLayer(given.target_layer, model);
        const isInput = model.inputs.some((input) => input.name === name);
        return { graphs: { layer: { activations: [name] }, without: isInput ? {} : { feeds: [name] } } };
      },
      cost: ({ component, n_components }) => ({
        forwards: 1 + (component === 'auto' ? n_components : 0),
        backwards: 0,
      }),
      explain: async (ctx) => {
        const { n_components: components, component, returns, max_iter } = ctx.params;
        const { layer, values, evaluation } = await layerValues(ctx);
        const maps = featureMaps(layoutOf(layer, ctx.model), values);
        const begin = start?.(maps, components) ?? drawn(ctx, maps, components);
        const factors = factorise(positive(maps), components, begin, max_iter);
        const drops =
          component === 'auto'
            ? await dropsWithout(ctx, layer.name, values, maps, factors, evaluation.scores[0] as number)
            : undefined;
        const formOf = returns === 'map' ? mapOf : conceptOf;
        const concepts = Array.from({ length: components }, (_, k) => formOf(ctx, values, maps, factors, k));
        const chosen = drops ? drops.indexOf(Math.max(...drops)) : Number(component);
        return {
          values: concepts[chosen] as Float32Tensors,
          maps: concepts.map((own, k) => ({
            name: `concept ${k}`,
            values: own,
            ...(drops && { score: drops[k] as number }),
          })),
        };
      },
    }) as Method,
  );

export default deepFeatureFactorisation();

/** @throws WhylightError `invalid_request` for a component beyond the last. */
function checkComponent({ component, n_components }: Params): void {
  if (component === 'auto' || component < n_components) return;
  throw new WhylightError(
    'invalid_request',
    `component must be below n_components, ${n_components}, but is ${component}.`,
    { issues: [{ parameter: 'component', message: `must be 0 to ${n_components - 1}` }] },
  );
}

/** ReLU of the layer, [positions, channels]. */
function positive({ activations, channels, positions }: FeatureMaps): Float64Array {
  const turned = new Float64Array(activations.length);
  for (let c = 0, i = 0; c < channels; c++) {
    for (let p = 0; p < positions; p++, i++) turned[p * channels + c] = Math.max(0, activations[i] as number);
  }
  return turned;
}

/** Uniform numbers of about the size that the product must have. */
function drawn(
  ctx: ExplainContext<Params>,
  { activations, channels, positions }: FeatureMaps,
  components: number,
): Factors {
  const mean = activations.reduce((sum, value) => sum + Math.max(0, value), 0) / activations.length;
  const size = 2 * Math.sqrt(mean / components);
  const numbers = ctx.random.uniform((positions + channels) * components);
  const sized = Float64Array.from(numbers, (value) => size * value);
  return { maps: sized.slice(0, positions * components), concepts: sized.slice(positions * components) };
}

/** The drop of the score without each component: each is taken away from the layer once. */
async function dropsWithout(
  ctx: ExplainContext<Params>,
  name: string,
  values: Tensor<'float32'>,
  maps: FeatureMaps,
  { maps: shares, concepts }: Factors,
  whole: number,
): Promise<number[]> {
  const components = ctx.params.n_components;
  const rows = emptyRows('float32', components, values.dims.slice(1));
  const { channels: order, prefix } = layoutOf(targetLayer(ctx.params.target_layer, ctx.model), ctx.model);
  for (let k = 0; k < components; k++) {
    const row = rows.data.subarray(k * values.data.length, (k + 1) * values.data.length);
    row.set(values.data);
    for (let p = 0; p < maps.positions; p++) {
      for (let c = 0; c < maps.channels; c++) {
        const i = order === 'first' ? c * maps.positions + p : (prefix + p) * maps.channels + c;
        const part = (shares[p * components + k] as number) * (concepts[k * maps.channels + c] as number);
        row[i] = (row[i] as number) - part;
      }
    }
  }
  const { scores } = await ctx.evaluate({ ...ctx.inputs, [name]: rows }, { graph: 'without' });
  return Array.from(scores, (score) => whole - score);
}

function mapOf(
  { params: { n_components, scaled, target_layer }, model }: ExplainContext<Params>,
  values: Tensor<'float32'>,
  { positions }: FeatureMaps,
  { maps }: Factors,
  chosen: number,
): Float32Tensors {
  const layer = targetLayer(target_layer, model);
  const map = Float64Array.from({ length: positions }, (_, p) => maps[p * n_components + chosen] as number);
  return positionMap(layoutOf(layer, model), layer.name, values.dims.slice(1), scaled ? scaledToUnit(map) : map);
}

/** The concept as values of the layer: one number per channel. */
function conceptOf(
  { params: { scaled, target_layer }, model }: ExplainContext<Params>,
  { dims }: Tensor<'float32'>,
  { channels }: FeatureMaps,
  { concepts }: Factors,
  chosen: number,
): Float32Tensors {
  const layer = targetLayer(target_layer, model);
  const axis = layoutOf(layer, model).channels === 'first' ? 1 : dims.length - 1;
  const concept = concepts.slice(chosen * channels, (chosen + 1) * channels);
  const shape = dims.map((_, i) => (i === axis ? channels : 1));
  return { [layer.name]: float32(shape, scaled ? scaledToUnit(concept) : concept) };
}
