import { expect, it } from 'vitest';
import { composeExplainer } from '../../src/composition/compose-explainer.ts';
import { createContainer } from '../../src/composition/container.ts';
import { coreModule, engineModule } from '../../src/composition/core.ts';
import { CORE } from '../../src/composition/tokens.ts';
import { ISOLATE_LIMITS } from '../../src/core/limits.ts';
import { onnxruntimeNode } from '../../src/node/onnxruntime-node.ts';
import saliency from '../../src/plugins/gradient/saliency.ts';
import occlusion from '../../src/plugins/perturbation/occlusion.ts';
import { openGraph, vector, vectorGraph } from '../../src/testing/models.ts';

const engine = onnxruntimeNode({ threads: 1 });
const plugins = [{ method: saliency }, { method: occlusion, limits: { strides: 4 } }];

it('coreModule binds a working explainer', async () => {
  const container = createContainer(coreModule({ plugins }), engineModule(engine, ISOLATE_LIMITS));
  const explainer = container.get(CORE.explainer);
  expect(container.get(CORE.explainer)).toBe(explainer);
  expect(container.get(CORE.methods).ids).toEqual(['saliency', 'occlusion']);
  expect(container.get(CORE.sessions).capacity).toBe(ISOLATE_LIMITS.sessionBytes);
  const { rows } = await explainer.explain(await openGraph(vectorGraph()), {
    method: 'saliency',
    inputs: { x: vector() },
  });
  expect(rows).toHaveLength(1);
  expect(container.get(CORE.sessions).size).toBe(1);
});

it('coreModule refuses plugins with the same id', () => {
  const container = createContainer(coreModule({ plugins: [...plugins, { method: saliency }] }), engineModule(engine));
  expect(() => container.get(CORE.methods)).toThrow('Two plugins have the id "saliency"');
});

it('composeExplainer checks plugins unless they were checked before', () => {
  const broken = [{ method: { ...saliency, revision: 0 } }];
  expect(() => composeExplainer(engine, { plugins: broken })).toThrow('revision must be 1 or more');
  expect(composeExplainer(engine, { plugins: broken, checked: true })).toBeDefined();
});
