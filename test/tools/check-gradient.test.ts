import { describe, expect, it } from 'vitest';
import { Model } from '../../src/core/model/model.ts';
import { GraphBuilder, type Value } from '../../src/core/onnx/builder.ts';
import type { ModelBytes } from '../../src/core/onnx/model-bytes.ts';
import { write } from '../../src/core/onnx/write.ts';
import { onnxruntimeNode } from '../../src/node/onnxruntime-node.ts';
import { checkGradient } from '../../src/tools/check-gradient.ts';

/** True for the graph with a gradient: it names an output for it. */
const isBackward = ({ graph }: ModelBytes): boolean => Buffer.from(graph).includes('gradient/');

async function check(build: (g: GraphBuilder, x: Value) => Value) {
  const g = GraphBuilder.empty('net');
  const x = g.input('x', 'float32', ['N', 6]);
  const { graph } = write(g.build([g.named(build(g, x), 'y')]));
  return checkGradient(await Model.read({ bytes: graph }), onnxruntimeNode(), { batches: [1, 3] });
}

describe('checkGradient', () => {
  it('accepts a correct gradient at each batch size', async () => {
    for (const { differences, rows } of await check((g, x) => g.mul(g.op('Tanh', [x]), g.op('Sigmoid', [x])))) {
      expect(differences).toBeLessThan(2e-3);
      expect(rows).toBeLessThan(1e-6);
    }
  });

  it('rejects a wrong gradient: that of Mod across its jumps', async () => {
    const [first] = await check((g, x) => g.op('Mod', [g.mul(x, g.number(1e4, x)), g.number(0.1, x)], { fmod: 1 }));
    expect(first?.differences).toBeGreaterThan(0.1);
  });

  it('reports predictions that the optimiser of an engine changes', async () => {
    const engine = onnxruntimeNode({ threads: 1 });
    const faulty = {
      ...engine,
      load: (model: ModelBytes) => engine.load(model.unoptimised ? model : { ...model, graph: doubled }),
    };
    const net = (factor: number): Uint8Array => {
      const g = GraphBuilder.empty('net');
      const x = g.input('x', 'float32', ['N', 2]);
      return write(g.build([g.named(g.mul(g.op('Tanh', [x]), g.number(factor, x)), 'y')])).graph;
    };
    const doubled = net(2);
    const model = await Model.read({ bytes: net(1) });
    const [right] = await checkGradient(model, engine, { batches: [1] });
    expect(right?.predictions).toBeLessThan(1e-6);
    const backwardIsRight = { ...faulty, load: (m: ModelBytes) => (isBackward(m) ? engine.load(m) : faulty.load(m)) };
    const [wrong] = await checkGradient(model, backwardIsRight, { batches: [1] });
    expect(wrong?.predictions).toBeCloseTo(1, 5);
  });

  it('reports where rounding hides the derivative', async () => {
    const [first] = await check((g, x) => g.add(g.mul(x, g.number(1e-9, x)), g.number(1, x)));
    expect(first).toMatchObject({ undecided: 'flat' });
    expect(first).not.toHaveProperty('differences');
  });
});
