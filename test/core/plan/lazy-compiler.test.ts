import { describe, expect, it } from 'vitest';
import { answered } from '../../../src/core/method/answered.ts';
import { Model } from '../../../src/core/model/model.ts';
import { GraphBuilder } from '../../../src/core/onnx/builder.ts';
import { write } from '../../../src/core/onnx/write.ts';
import { graphCompiler } from '../../../src/core/plan/compile-variant.ts';
import { lazyCompiler } from '../../../src/core/plan/lazy-compiler.ts';

async function model(): Promise<Model> {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 4]);
  return Model.read({ bytes: write(g.build([g.op('Relu', [x])])).graph });
}

describe('a compiler that is loaded later', () => {
  it('answers questions that come before it is ready once the work is done again', async () => {
    const asked = await model();
    expect(() => lazyCompiler.rowFlops(asked, {})).toThrow('has not been loaded');
    expect(await answered(() => lazyCompiler.rowFlops(asked, {}))).toBe(graphCompiler.rowFlops(asked, {}));
    expect(lazyCompiler.rowWork(asked, undefined)).toEqual(graphCompiler.rowWork(asked, undefined));
  });
});
