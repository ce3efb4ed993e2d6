/** Inputs of the model that a method asks for as activations: no output of any graph has them. */
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineMethod } from '../../../src/core/method/define.ts';
import saliency from '../../../src/plugins/gradient/saliency.ts';
import { vector } from '../../../src/testing/models.ts';
import { explainerOf, openVector } from '../../support/classifiers.ts';

const { presets: _, ...plain } = saliency;
const echo = defineMethod({
  ...plain,
  id: 'echo',
  params: z.object({}),
  needs: () => ({ activations: ['x'] }),
  cost: () => ({ forwards: 1, backwards: 0 }),
  explain: async (ctx) => ({ values: (await ctx.evaluate(ctx.inputs)).activations }),
});

describe('inputs as activations', () => {
  it('come back where the same graph has run for a prediction before', async () => {
    const explainer = explainerOf([echo]);
    const model = await openVector();
    const [{ name = '' } = {}] = model.graph.inputs;
    const inputs = { [name]: vector() };
    await explainer.predict(model, { inputs });
    const { rows } = await explainer.explain(model, { method: 'echo', inputs });
    expect([...(rows[0]?.values[name]?.data ?? [])]).toEqual([...vector().data]);
  });
});
