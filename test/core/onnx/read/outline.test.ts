import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../../../src/core/onnx/builder.ts';
import { outlineOf } from '../../../../src/core/onnx/read/outline.ts';
import { read } from '../../../../src/core/onnx/read.ts';
import { write } from '../../../../src/core/onnx/write.ts';
import { reluChain } from '../../../support/relu-chain.ts';

const NO_LIMITS = { nodes: Infinity, messages: Infinity, depth: Infinity };
const cifar = new Uint8Array(readFileSync('models/cifar10/model.onnx'));

describe('outlineOf', () => {
  it('counts the nodes of a file, and at least as many messages', () => {
    const { nodes, messages, depth } = outlineOf(cifar, NO_LIMITS);
    expect(nodes).toBeGreaterThanOrEqual(read(cifar).nodes.length);
    expect(messages).toBeGreaterThan(nodes + read(cifar).constants.size);
    expect(depth).toBe(1);
    // An Identity gives the output its name.
    expect(outlineOf(reluChain(40), NO_LIMITS).nodes).toBe(81);
  });

  it('counts the nodes and the depth of nested graphs', () => {
    const inner = (depth: number): GraphBuilder => {
      const g = GraphBuilder.empty();
      const y = depth > 0 ? nested(g, depth) : g.op('Neg', [g.constant('float32', [1], [1])]);
      g.named(y, 'y');
      return g;
    };
    const nested = (g: GraphBuilder, depth: number) => {
      const inside = inner(depth - 1);
      const branch = inside.build([inside.named(inside.op('Relu', [inside.constant('float32', [1], [1])]), 'z')]);
      const attributes = {
        then_branch: { type: 'graph', value: branch },
        else_branch: { type: 'graph', value: branch },
      } as const;
      return g.op('If', [g.constant('bool', [], [1])], attributes);
    };
    const g = GraphBuilder.empty();
    const bytes = write(g.build([g.named(nested(g, 1), 'y')])).graph;
    expect(outlineOf(bytes, NO_LIMITS)).toMatchObject({ depth: 2 });
  });

  it('ends as soon as a limit is exceeded', () => {
    expect(outlineOf(reluChain(1000), { ...NO_LIMITS, nodes: 10 }).nodes).toBe(11);
    expect(outlineOf(cifar, { ...NO_LIMITS, messages: 5 }).messages).toBe(6);
  });

  it('returns what it has counted of a damaged file', () => {
    const whole = outlineOf(cifar, NO_LIMITS);
    const half = outlineOf(cifar.slice(0, cifar.length / 2), NO_LIMITS);
    expect(half.nodes).toBeLessThanOrEqual(whole.nodes);
    expect(outlineOf(new Uint8Array(100).fill(255), NO_LIMITS)).toEqual({ nodes: 0, messages: 1, depth: 0 });
  });
});
