import { describe, expect, it } from 'vitest';
import { graphCompiler } from '../../../src/core/plan/compile-variant.ts';
import { Profiles } from '../../../src/core/plan/profile.ts';
import { imageGraph, openGraph } from '../../../src/testing/models.ts';

describe('Profiles', () => {
  it('uses the calibrated time for this engine', async () => {
    const profile = { 'onnxruntime-node': { forward_ms: 2, backward_ms: 7 } };
    const model = await openGraph(imageGraph(), { profile });
    const profiles = new Profiles('onnxruntime-node', graphCompiler);
    expect(profiles.of(model)).toEqual({ forward: 2, backward: 7, measured: true });
    expect(profiles.milliseconds(model, { forwards: 3, backwards: 5 })).toBe(41);
    expect(new Profiles('onnxruntime-web', graphCompiler).of(model).measured).toBe(false);
  });

  it('estimates from FLOPs, with more for derivatives and slower engines', async () => {
    const model = await openGraph(imageGraph());
    const [web, node] = ['onnxruntime-web', 'onnxruntime-node'].map((engine) =>
      new Profiles(engine, graphCompiler).of(model),
    );
    if (!web || !node) throw new Error('two profiles');
    expect(web.backward).toBeGreaterThan(web.forward);
    expect(web.forward).toBeGreaterThan(node.forward);
    expect(new Profiles('unheard-of', graphCompiler).of(model)).toEqual(web);
  });

  it('estimates a few microseconds for a graph of a few small nodes', async () => {
    const model = await openGraph(imageGraph());
    for (const engine of ['onnxruntime-web', 'onnxruntime-node']) {
      const { forward, backward } = new Profiles(engine, graphCompiler).of(model);
      expect(forward, engine).toBeLessThan(0.03);
      expect(backward / forward, engine).toBeLessThan(2.5);
    }
  });

  it('takes work that was counted without whole numbers', async () => {
    const model = await openGraph(imageGraph());
    const { quantised, quantisedGrouped, ...old } = graphCompiler.rowWork(model, undefined);
    expect({ quantised, quantisedGrouped }).toEqual({ quantised: 0, quantisedGrouped: 0 });
    const before = new Profiles('onnxruntime-web', { rowWork: () => old });
    expect(before.of(model)).toEqual(new Profiles('onnxruntime-web', graphCompiler).of(model));
  });

  it('converges to observed times, and ignores a single outlier', async () => {
    const model = await openGraph(imageGraph(), { profile: { engine: { forward_ms: 1, backward_ms: 3 } } });
    const profiles = new Profiles('engine', graphCompiler);
    profiles.observe(model, { forwards: 10, backwards: 0 }, 1000);
    expect(profiles.of(model).forward).toBeLessThan(3);
    for (let i = 0; i < 60; i++) profiles.observe(model, { forwards: 10, backwards: 10 }, 80);
    expect(profiles.milliseconds(model, { forwards: 10, backwards: 10 })).toBeCloseTo(80, 3);
  });

  it('learns nothing when the clock did not advance', async () => {
    const model = await openGraph(imageGraph(), { profile: { engine: { forward_ms: 1, backward_ms: 3 } } });
    const profiles = new Profiles('engine', graphCompiler);
    profiles.observe(model, { forwards: 10, backwards: 0 }, 0);
    profiles.observe(model, { forwards: 0, backwards: 0 }, 5);
    expect(profiles.of(model)).toEqual({ forward: 1, backward: 3, measured: true });
  });
});
