import { describe, expect, it } from 'vitest';
import { roundingNode } from '../../../src/core/model/rounding.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import type { Graph } from '../../../src/core/onnx/graph.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import saliency from '../../../src/plugins/gradient/saliency.ts';
import occlusion from '../../../src/plugins/perturbation/occlusion.ts';
import { openGraph } from '../../../src/testing/models.ts';
import { explainerOf } from '../../support/classifiers.ts';

/** A product with weights of int8, behind activations rounded to steps of 0.1 where asked for. */
function quantised(activations: boolean): Graph {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 3]);
  const [step, zero] = [g.scalar(0.1), g.constant('uint8', [], [100])];
  const rounded = activations ? g.op('DequantizeLinear', [g.op('QuantizeLinear', [x, step, zero]), step, zero]) : x;
  const weights = g.op('DequantizeLinear', [g.constant('int8', [3, 2], [9, -8, 7, 6, -5, 4]), step]);
  return g.build([g.named(g.op('MatMul', [rounded, weights]), 'logits')]);
}

describe('an explanation of a model that rounds its activations', () => {
  const explainer = explainerOf([saliency, occlusion]);
  const inputs = { x: float32([1, 3], [1, 2, 3]) };
  const codesOf = async (method: string, graph: Graph): Promise<string[]> => {
    const { rows } = await explainer.explain(await openGraph(graph), { method, inputs });
    return rows.flatMap(({ diagnostics }) => diagnostics.warnings.map(({ code }) => code));
  };

  it('says of a gradient that it goes straight through the rounding', async () => {
    expect(await codesOf('saliency', quantised(true))).toContain('straight_through');
  });

  it('says nothing of rounding where nothing is differentiated', async () => {
    expect(await codesOf('occlusion', quantised(true))).not.toContain('straight_through');
  });

  it('says nothing of rounding where only weights are quantised', async () => {
    expect(roundingNode(quantised(false))).toBeUndefined();
    expect(await codesOf('saliency', quantised(false))).not.toContain('straight_through');
  });
});
