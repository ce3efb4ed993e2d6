/** Every case of every rule again with extents that are only known at run time: the same gradient, or a clear refusal. */
import { describe, expect, it } from 'vitest';
import { COTANGENT, compile, gradientName } from '../../../src/core/autodiff/compile.ts';
import { ruleKey } from '../../../src/core/autodiff/rule.ts';
import { gradientRules } from '../../../src/core/autodiff/rules/index.ts';
import { WhylightError } from '../../../src/core/errors.ts';
import { isStatic } from '../../../src/core/onnx/dims.ts';
import type { Graph, ValueInfo } from '../../../src/core/onnx/graph.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { sizeOf, type Tensor, tensor } from '../../../src/core/tensor/tensor.ts';
import { open } from '../../support/engine.ts';
import { buildCase } from '../../support/gradient-check.ts';

type Opened = (input: ValueInfo, batch: number) => ValueInfo['dims'];

async function shapeOf(graph: Graph, scores: string, feeds: Record<string, Tensor>): Promise<readonly number[]> {
  const { dims } = graph.outputs.find(({ name }) => name === scores) as ValueInfo;
  if (isStatic(dims)) return dims;
  const forward = await open(compile(graph, { scores }));
  const answer = await forward(feeds);
  await forward.release();
  return answer[scores]?.dims ?? [];
}

/** Results of the two compilations of a case, for each of its outputs. */
async function compare(graph: Graph, feeds: Record<string, Tensor>, wrt: string[], outputs: string[], opened: Opened) {
  const batch = Number(graph.inputs.find(({ name }) => wrt.includes(name))?.dims?.[0]);
  const symbolic: Graph = {
    ...graph,
    inputs: graph.inputs.map((input) => ({ ...input, dims: opened(input, batch) })),
    outputs: graph.outputs.map((output) => ({ ...output, dims: undefined })),
  };
  for (const scores of outputs) {
    const compiled = compile(symbolic, { scores, gradients: wrt });
    const runs = [await open(compile(graph, { scores, gradients: wrt })), await open(compiled)];
    const dims = await shapeOf(graph, scores, feeds);
    const given = { ...feeds, [COTANGENT]: tensor('float32', dims, new Random(7).normal(sizeOf(dims))) };
    const [sized, unsized] = [await runs[0]?.(given), await runs[1]?.(given)];
    for (const name of wrt.map(gradientName)) {
      const [a, b] = [sized?.[name], unsized?.[name]] as [Tensor<'float32'>, Tensor<'float32'>];
      expect(b.dims).toEqual(a.dims);
      expect(Math.max(0, ...a.data.map((v, i) => Math.abs(v - (b.data[i] as number))))).toBeLessThan(1e-4);
    }
    await Promise.all(runs.map((run) => run.release()));
  }
}

const batchOpen: Opened = ({ dims }, batch) => dims?.map((d, i) => (i === 0 && d === batch && d !== 1 ? 'N' : d));
const allOpen: Opened = ({ dims }) => dims?.map((d) => (d === 1 ? 1 : `s${d}`));

const cases = gradientRules
  .filter((rule) => !rule.surrogate)
  .flatMap((rule) => rule.cases.map((ruleCase, i) => ({ name: ruleKey(rule.op, rule.domain), i, rule, ruleCase })));

describe('gradient rules with symbolic dims', () => {
  it.each(cases)('$name, case $i, agrees for any batch', async ({ name, rule, ruleCase }) => {
    // Edges repeated along the batch itself, which no model does.
    if (name === 'Pad' && ruleCase.attributes?.mode === 'edge') return;
    const { graph, feeds, wrt, outputs } = buildCase(rule, ruleCase);
    await compare(graph, feeds, wrt, outputs, batchOpen);
  });

  it.each(cases)('$name, case $i, agrees for any dims', async ({ rule, ruleCase }) => {
    const { graph, feeds, wrt, outputs } = buildCase(rule, ruleCase);
    try {
      await compare(graph, feeds, wrt, outputs, allOpen);
    } catch (error) {
      if (!WhylightError.is(error)) throw error;
      expect(error.code).toMatch(/not_differentiable|invalid_model/);
    }
  });
});
