import { expect, it } from 'vitest';
import { createContainer } from '../../src/core/container.ts';
import { ISOLATE_LIMITS } from '../../src/core/limits.ts';
import { TOKENS } from '../../src/core/tokens.ts';
import { onnxruntimeNode } from '../../src/node/onnxruntime-node.ts';
import saliency from '../../src/plugins/gradient/saliency.ts';
import occlusion from '../../src/plugins/perturbation/occlusion.ts';
import { openGraph, vector, vectorGraph } from '../support/classifiers.ts';

const engine = onnxruntimeNode({ threads: 1 });
const plugins = [{ method: saliency }, { method: occlusion, limits: { strides: 4 } }];

it('puts an explainer together that works', async () => {
  const container = createContainer({ engine, plugins, limits: ISOLATE_LIMITS });
  const explainer = container.get(TOKENS.explainer);
  expect(container.get(TOKENS.explainer)).toBe(explainer);
  expect(container.get(TOKENS.methods).ids).toEqual(['saliency', 'occlusion']);
  expect(container.get(TOKENS.sessions).capacity).toBe(ISOLATE_LIMITS.sessionBytes);
  const { rows } = await explainer.explain(await openGraph(vectorGraph()), {
    method: 'saliency',
    inputs: { x: vector() },
  });
  expect(rows).toHaveLength(1);
  expect(container.get(TOKENS.sessions).size).toBe(1);
});

it('refuses plugins that clash', () => {
  const container = createContainer({ engine, plugins: [...plugins, { method: saliency }] });
  expect(() => container.get(TOKENS.methods)).toThrow('Two plugins have the id "saliency"');
});
