import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportedGraphs } from '../../../src/cli/export/graphs.ts';
import { tritonConfig } from '../../../src/cli/export/triton.ts';
import type { Engine } from '../../../src/core/engine/engine.ts';
import { SessionCache } from '../../../src/core/engine/session-cache.ts';
import { Explainer } from '../../../src/core/explainer/explainer.ts';
import { MethodRegistry } from '../../../src/core/method/registry.ts';
import { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder, type Value } from '../../../src/core/onnx/builder.ts';
import { halfEnds } from '../../../src/core/onnx/half-ends.ts';
import { graphCompiler, graphFile } from '../../../src/core/plan/compile-variant.ts';
import { cast } from '../../../src/core/tensor/cast.ts';
import { Random } from '../../../src/core/tensor/random.ts';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { readModelFolder } from '../../../src/edge/models/folder.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import gradCam from '../../../src/plugins/activation/grad-cam.ts';
import hiresCam from '../../../src/plugins/activation/hires-cam.ts';
import integratedGradients from '../../../src/plugins/gradient/integrated-gradients.ts';
import saliency from '../../../src/plugins/gradient/saliency.ts';
import featureAblation from '../../../src/plugins/perturbation/feature-ablation.ts';
import occlusion from '../../../src/plugins/perturbation/occlusion.ts';
import { openInferenceEngine } from '../../../src/protocol/open-inference-engine.ts';
import { imageGraph, openGraph } from '../../../src/testing/models.ts';
import { inferenceServer } from '../../support/inference-server.ts';

const registry = new MethodRegistry([{ method: saliency }, { method: gradCam }, { method: hiresCam }]);
const withAblation = new MethodRegistry([{ method: featureAblation }]);
const all = { methods: registry.ids, registry, optimize: 'memory' } as const;
const image = float32(
  [1, 3, 8, 8],
  Array.from({ length: 192 }, (_, i) => Math.sin(i * 0.7)),
);

describe('exportedGraphs', () => {
  it('returns each graph once, with the methods that use it', async () => {
    const { graphs } = await exportedGraphs(await openGraph(imageGraph()), all);
    expect(graphs.map(({ methods }) => methods)).toEqual([['saliency'], ['grad_cam', 'hires_cam']]);
    expect(new Set(graphs.map(({ name }) => name)).size).toBe(2);
  });

  it('names graphs as an explainer requests them from an inference server', async () => {
    const server = await inferenceServer();
    try {
      const model = await openGraph(imageGraph());
      for (const { name, file } of (await exportedGraphs(model, all)).graphs) await server.add(name, file);
      const explainers = [onnxruntimeNode(), openInferenceEngine({ url: server.url })].map(
        (engine) =>
          new Explainer({ compiler: graphCompiler, engine, sessions: new SessionCache(2 ** 24), methods: registry }),
      );
      for (const method of registry.ids) {
        const [here, there] = await Promise.all(explainers.map((e) => e.explain(model, { method, inputs: { image } })));
        expect(there?.rows[0]?.values).toEqual(here?.rows[0]?.values);
      }
    } finally {
      await server.close();
    }
  });

  it('refuses operators of a custom domain', async () => {
    const g = GraphBuilder.empty('foreign');
    const x = g.input('image', 'float32', ['N', 3]);
    const [y] = g.ops('Secret', [x], {}, 1, 'com.example') as [Value];
    const model = await openGraph(g.build([g.named(g.op('Reshape', [y, g.ints([-1, 3])]), 'logits')]));
    await expect(
      exportedGraphs(model, { ...all, registry: withAblation, methods: withAblation.ids }),
    ).rejects.toMatchObject({
      code: 'unsupported_operator',
      details: { operators: ['com.example.Secret'] },
    });
  });
});

describe('halfEnds', () => {
  it('changes the dtype of inputs only, and not the result', async () => {
    const graph = imageGraph();
    const half = halfEnds(graph, ['image']);
    expect(half.inputs.map(({ dtype }) => dtype)).toEqual(['float16']);
    expect(half.outputs.map(({ dtype }) => dtype)).toEqual(['float32']);
    const [whole, narrow] = await Promise.all([graph, half].map((each) => onnxruntimeNode().load(graphFile(each))));
    // Numbers that float16 holds exactly.
    const exact = float32(
      image.dims,
      image.data.map((value) => Math.round(value * 256) / 256),
    );
    expect(await narrow?.run({ image: cast(exact, 'float16') })).toEqual(await whole?.run({ image: exact }));
  });
});

describe('float16 transport', () => {
  it('changes CAM and occlusion maps by less than 2e-3, and gradients by less than 5e-3 on average', async () => {
    const server = await inferenceServer();
    const methods = new MethodRegistry(
      [saliency, integratedGradients, gradCam, occlusion].map((method) => ({ method })),
    );
    const source = await readModelFolder(async (path) => readFile(join('models/cifar10', path)), 'models/cifar10');
    const model = await Model.read(source);
    for (const { name, graph, needs } of (
      await exportedGraphs(model, {
        methods: methods.ids,
        registry: methods,
        optimize: 'memory',
      })
    ).graphs) {
      await server.add(name, graphFile(halfEnds(graph, [...Object.keys(needs.inputDims), ...needs.activations])));
    }
    const explainer = (engine: Engine) =>
      new Explainer({ compiler: graphCompiler, engine, sessions: new SessionCache(2 ** 26), methods });
    const [here, there] = [explainer(onnxruntimeNode()), explainer(openInferenceEngine({ url: server.url }))];
    const input = float32([1, 3, 32, 32], new Random(7).normal(3072));
    const errors = async (method: string) => {
      const request = { method, inputs: { input }, target: 3 };
      const [whole, half] = await Promise.all(
        [here, there].map(
          async (each) => Object.values((await each.explain(model, request)).rows[0]?.values ?? {})[0]?.data,
        ),
      );
      const scale = Math.max(...(whole as Float32Array).map(Math.abs));
      const off = Array.from(whole as Float32Array, (value, i) => Math.abs(value - (half?.[i] as number)) / scale);
      return { worst: Math.max(...off), mean: off.reduce((a, b) => a + b) / off.length };
    };
    for (const method of ['grad_cam', 'occlusion']) {
      const { worst } = await errors(method);
      expect(worst).toBeGreaterThan(1e-6);
      expect(worst).toBeLessThan(2e-3);
    }
    for (const method of ['saliency', 'integrated_gradients']) {
      const { worst, mean } = await errors(method);
      expect(mean).toBeLessThan(5e-3);
      expect(worst).toBeLessThan(0.15);
    }
    // What came over the wire was half as wide.
    expect(new TextDecoder().decode(server.bodies[0])).toContain('"datatype":"FP16"');
    await server.close();
  });
});

describe('tritonConfig', () => {
  it('leaves a symbolic batch dim to Triton', () => {
    const config = tritonConfig('classifier', imageGraph(), { tensorrt: true });
    expect(config).toBe(`name: "classifier"
backend: "onnxruntime"
max_batch_size: 64
input [
  { name: "image"  data_type: TYPE_FP32  dims: [ 3, 8, 8 ] }
]
output [
  { name: "logits"  data_type: TYPE_FP32  dims: [ 4 ] }
]
dynamic_batching {
  max_queue_delay_microseconds: 500
  default_queue_policy {
    max_queue_size: 256
    allow_timeout_override: true
    timeout_action: REJECT
  }
}
instance_group [ { count: 1  kind: KIND_GPU } ]
optimization { execution_accelerators { gpu_execution_accelerator: [ { name: "tensorrt"  parameters { key: "precision_mode" value: "FP32" } } ] } }
`);
  });

  it('writes a fixed batch dim into the shapes', () => {
    const config = tritonConfig('single', imageGraph({ batch: 1 }), { device: 'cpu', tensorrt: true });
    expect(config).toContain('max_batch_size: 0');
    expect(config).toContain('dims: [ 1, 3, 8, 8 ]');
    expect(config).not.toContain('dynamic_batching');
    expect(config).not.toContain('tensorrt');
    expect(config).toContain('KIND_CPU');
  });
});
