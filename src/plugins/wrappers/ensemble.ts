import * as z from 'zod';
import { WhylightError } from '../../core/errors.ts';
import { choice } from '../../core/method/choice.ts';
import type { MethodSource } from '../../core/method/contract.ts';
import { defineMethod } from '../../core/method/define.ts';
import { arxiv } from '../../core/method/papers.ts';
import { parameterTexts } from '../../core/strategy/inner-method/batched.ts';
import { explainInner, type Inner, innerCost, innerNeeds } from '../../core/strategy/inner-method/inner-method.ts';
import { asValues, positionMaps } from '../../core/strategy/place-maps.ts';

const params = z.object({
  methods: z
    .array(z.string().min(1))
    .min(1)
    .max(16)
    .default(['integrated_gradients', 'input_x_gradient', 'occlusion'])
    .describe('Ids of the methods whose maps are averaged.'),
  method_params: z
    .array(z.string())
    .max(50)
    .default([])
    .describe('Their parameters, each as method.name=value, such as integrated_gradients.n_steps=20.'),
  normalization: choice(
    ['max_abs', 'min_max', 'l1'],
    'max_abs',
    'How maps are made comparable: divided by their largest absolute value (signs are kept), stretched from 0 to 1, or divided by the sum of their absolute values.',
  ),
});

type Params = z.output<typeof params>;

/** The mean of the normalised maps of several methods. */
export default defineMethod({
  apiVersion: 1,
  id: 'ensemble',
  // Some of its methods may hide parts of the input, so it is treated as one that does.
  strategy: 'perturbation',
  revision: 1,
  about: {
    title: 'Ensemble',
    summary: 'Where several methods agree: the mean of their maps, each made comparable first.',
    paper: arxiv('1903.00519', 2019, 'Aggregating explanation methods for stable and robust explainability'),
    properties: { signed: true, complete: false, deterministic: false, classDiscriminative: true },
  },
  params,
  needs: (given, model, methods) => innerNeeds(members(given, methods), model, methods),
  cost: (params, model, methods, given) => innerCost(members(params, methods), model, methods, given),
  explain: async (ctx) => {
    const sums: Record<string, Float32Array> = {};
    const inner = members(ctx.params, ctx.methods);
    for (const [i, member] of inner.entries()) {
      const maps = positionMaps(await explainInner(ctx, member), ctx.model, member.method.id);
      for (const [name, map] of Object.entries(normalized(maps, ctx.params.normalization))) {
        const sum = sums[name] ?? new Float32Array(map.length);
        sums[name] = sum;
        for (const [at, value] of map.entries()) sum[at] = (sum[at] as number) + value;
      }
      if (i + 1 < inner.length) ctx.partial(() => ({ values: valuesOf(i + 1) }));
    }
    function valuesOf(done: number) {
      return Object.fromEntries(
        ctx.model.inputs.flatMap((input) => {
          const sum = sums[input.name];
          return sum
            ? [
                [
                  input.name,
                  asValues(
                    sum.map((value) => value / done),
                    input,
                  ),
                ],
              ]
            : [];
        }),
      );
    }
    return { values: valuesOf(inner.length) };
  },
});

function members({ methods: ids, method_params }: Params, methods: MethodSource): Inner[] {
  const given = Object.entries(parameterTexts(method_params, 'method_params')).map(([path, value]) => {
    const at = path.indexOf('.');
    const [id, name] = [path.slice(0, at), path.slice(at + 1)];
    if (at > 0 && ids.includes(id)) return { id, name, value };
    const message = `method_params takes method.name=value with one of ${ids.join(', ')}, but "${path}=${value}" was given.`;
    throw new WhylightError('invalid_request', message, { issues: [{ parameter: 'method_params', message }] });
  });
  return ids.map((id, i) => {
    const own = Object.fromEntries(given.flatMap((one) => (one.id === id ? [[one.name, one.value]] : [])));
    return { ...methods.bind(id, own), prefix: `${i} ` };
  });
}

/** All inputs of one method share one measure. A map of nothing stays so. */
function normalized(
  maps: Readonly<Record<string, Float32Array>>,
  how: Params['normalization'],
): Readonly<Record<string, Float32Array>> {
  let [low, high, sum] = [Infinity, -Infinity, 0];
  for (const map of Object.values(maps)) {
    for (const value of map) [low, high, sum] = [Math.min(low, value), Math.max(high, value), sum + Math.abs(value)];
  }
  const from = how === 'min_max' ? low : 0;
  const size = how === 'min_max' ? high - low : how === 'l1' ? sum : Math.max(-low, high);
  return Object.fromEntries(
    Object.entries(maps).map(([name, map]) => [name, map.map((value) => (value - from) / (size || 1))]),
  );
}
