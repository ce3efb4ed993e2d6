import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { choice } from '../../core/method/choice.ts';
import type { Attribution, ExplainContext, MethodSource } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import type { ModelInfo, TensorInfo } from '../../core/model/info.ts';
import { imageInput } from '../../core/model/info.ts';
import { knownDims } from '../../core/model/known-dims.ts';
import { parameterTexts, refusePerturbation } from '../../core/strategy/inner-method/batched.ts';
import { explainInner, type Inner, innerCost, innerNeeds } from '../../core/strategy/inner-method/inner-method.ts';
import { imageOf } from '../../core/strategy/perturbation/feature-mask.ts';
import { asValues, positionMaps } from '../../core/strategy/place-maps.ts';
import { pieces, pixelsLike } from '../../core/strategy/regions/pieces.ts';
import { rankRegions } from '../../core/strategy/regions/rank.ts';
import type { Tensor } from '../../core/tensor/tensor.ts';
import { sizeOf } from '../../core/tensor/tensor.ts';

const params = z.object({
  base_method: z
    .string()
    .min(1)
    .default('integrated_gradients')
    .describe(
      'Id of the gradient or activation method whose attributions are gathered by region. One that starts from a baseline is asked twice, from the lowest and from the highest value of the input, and averaged.',
    ),
  base_params: z
    .array(z.string())
    .max(20)
    .default(['n_steps=100'])
    .describe('Parameters of the base method, each as name=value. With a baseline among them it is asked once.'),
  algorithm: choice(
    ['full', 'fast'],
    'full',
    'Looks for the best region anew after each that was taken, or ranks the regions once (fast).',
  ),
  least_pixels: z
    .int()
    .min(1)
    .max(10_000)
    .default(50)
    .describe('A region that adds fewer pixels is left out; for an image of 224 x 224, others in proportion.'),
});

type Params = z.output<typeof params>;

/** The density of attribution in regions: segments at six scales, taken in the order of what they add. */
export default defineMethod({
  apiVersion: 1,
  id: 'xrai',
  strategy: 'gradient',
  revision: 1,
  about: {
    title: 'XRAI',
    summary: "Which regions of an image hold most of another method's attribution, ranked from the best to the worst.",
    paper: arxiv('1906.02825', 2019, 'XRAI: Better Attributions Through Regions'),
    modalities: ['image'],
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  presets: {
    pair: { base_method: 'integrated_gradients', base_params: ['preset=pair', 'n_steps=100'], algorithm: 'full' },
  },
  params,
  needs: (given, model, methods) => {
    refuseOthers(model);
    return innerNeeds([base(given, methods)], model, methods);
  },
  cost: (params, model, methods, given) => {
    const { forwards, backwards } = innerCost([base(params, methods)], model, methods, given);
    const runs = startsAtExtremes(params, methods) ? 2 : 1;
    return { forwards: runs * forwards, backwards: runs * backwards };
  },
  explain: async (ctx) => {
    const image = refuseOthers(ctx.model);
    const row = ctx.inputs[image.name] as Tensor<'float32'>;
    const maps = (await answers(ctx, row)).map((one) => pixelMap(one, image, ctx));
    const [first] = maps as [Float32Array];
    const mean = first.map((_, pixel) => maps.reduce((sum, map) => sum + (map[pixel] as number), 0) / maps.length);
    const seen = imageOf(row, image);
    const { algorithm, least_pixels } = ctx.params;
    const ranked = rankRegions(mean, pieces(seen), { algorithm, least: pixelsLike(least_pixels, seen) });
    return { values: { [image.name]: asValues(ranked, image) } };
  },
});

function base({ base_method, base_params }: Params, methods: MethodSource, more: Record<string, string> = {}): Inner {
  const given = parameterTexts(base_params, 'base_params');
  const plain = methods.bind(base_method, given);
  refusePerturbation(plain, 'base_method');
  const signed = 'absolute' in plain.params && given.absolute === undefined ? { absolute: 'false' } : {};
  return { ...methods.bind(base_method, { ...given, ...signed, ...more }), prefix: 'base ' };
}

const startsAtExtremes = (given: Params, methods: MethodSource): boolean =>
  'baseline' in base(given, methods).params && parameterTexts(given.base_params, 'base_params').baseline === undefined;

/** Attribution by the base method, once or from both ends of the input's range. */
async function answers(ctx: ExplainContext<Params>, { data }: Tensor<'float32'>): Promise<Attribution[]> {
  if (!startsAtExtremes(ctx.params, ctx.methods)) return [await explainInner(ctx, base(ctx.params, ctx.methods))];
  let [low, high] = [Infinity, -Infinity];
  for (const value of data) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const found: Attribution[] = [];
  for (const end of [low, high]) {
    found.push(await explainInner(ctx, base(ctx.params, ctx.methods, { baseline: String(end) })));
  }
  return found;
}

/** The largest channel at each pixel, as PAIR's library takes it; the map of a layer is enlarged. */
function pixelMap(attribution: Attribution, image: TensorInfo, ctx: ExplainContext<Params>): Float32Array {
  const own = attribution.values[image.name];
  if (!own) return positionMaps(attribution, ctx.model, ctx.params.base_method)[image.name] as Float32Array;
  const axis = (image.channelAxis as number) + 1;
  const inner = sizeOf(own.dims.slice(axis + 1));
  const channels = own.dims[axis] as number;
  return Float32Array.from({ length: own.data.length / channels }, (_, position) => {
    const start = Math.floor(position / inner) * channels * inner + (position % inner);
    return Math.max(...Array.from({ length: channels }, (_, c) => own.data[start + c * inner] as number));
  });
}

function refuseOthers(model: ModelInfo): TensorInfo {
  const image = imageInput(model);
  if (image && model.inputs.length === 1) {
    knownDims(image);
    return image;
  }
  throw new WhylightError(
    'unprocessable_method',
    'xrai takes regions of an image, and this model does not see one image: use its base method itself.',
  );
}
