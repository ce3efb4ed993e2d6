import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import { write } from '../../src/core/onnx/write.ts';
import { runScript } from '../support/command-line.ts';

const parity = (...args: string[]) => runScript(fileURLToPath(new URL('./main.ts', import.meta.url)), ...args);

const folder = mkdtempSync(join(tmpdir(), 'whylight-parity-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** y = W relu(x), whose gradient is a row of W where x is positive. */
const WEIGHTS = [
  [1, 2, 3],
  [-4, 5, 0.5],
];
const INPUT = [
  [1, -1, 2],
  [-3, 4, 5],
];
const TARGET = [0, 1];
const gradient = INPUT.flatMap((x, i) =>
  x.map((value, j) => (value > 0 ? (WEIGHTS[TARGET[i] as number]?.[j] as number) : 0)),
);

beforeAll(() => {
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N', 3]);
  const y = g.op('Gemm', [g.op('Relu', [x]), g.constant('float32', [2, 3], WEIGHTS.flat())], { transB: 1 });
  writeFileSync(join(folder, 'tiny.onnx'), write(g.build([y])).graph);

  const arrays: Record<string, { shape: number[]; data: number[] }> = {
    input: { shape: [2, 3], data: INPUT.flat() },
    logits: { shape: [2, 2], data: [0, 0, 0, 0] },
    gradient: { shape: [2, 3], data: gradient },
    input_x_gradient: { shape: [2, 3], data: gradient.map((slope, i) => slope * (INPUT.flat()[i] as number) + 0.01) },
    a_method_of_tomorrow: { shape: [2, 3], data: gradient },
  };
  const bytes: Buffer[] = [];
  let offset = 0;
  const tensors = Object.entries(arrays).map(([name, { shape, data }]) => {
    const chunk = Buffer.from(Float32Array.from(data).buffer);
    bytes.push(chunk);
    offset += chunk.length;
    return [name, { dtype: 'float32', shape, offset: offset - chunk.length, bytes: chunk.length, target: TARGET }];
  });
  writeFileSync(join(folder, 'tiny.bin'), Buffer.concat(bytes));
  writeFileSync(
    join(folder, 'tiny.json'),
    JSON.stringify({ model: 'tiny.onnx', tensors: Object.fromEntries(tensors) }),
  );

  mkdirSync(join(folder, 'by-hand'));
  const graph = {
    opset: 17,
    inputs: [{ name: 'x', shape: ['N', 2] }],
    initializers: { w: { shape: [2, 2], data: [1, 2, 3, 4], dtype: 'float32' } },
    nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
    outputs: ['y'],
  };
  const shared = {
    model: 'linear',
    inputs: { x: { shape: [1, 2], data: [1, 1] } },
    tolerance: { value: 1e-6, mode: 'max' },
  };
  const expected = { x: { shape: [1, 2], data: [2, 4] } };
  writeFileSync(
    join(folder, 'by-hand', 'cases.json'),
    JSON.stringify({
      models: { linear: { graph } },
      cases: [
        { ...shared, id: 'right', method: 'Saliency', target: 1, expected },
        { ...shared, id: 'wrong', method: 'Saliency', target: 0, expected },
        { ...shared, id: 'unknown', method: 'CrystalBall', target: 0, expected },
      ],
      external_cases: [
        {
          id: 'xplique_occlusion_masks',
          method: 'Occlusion mask count',
          cases: [
            { shape: [10, 10], patch: 2, stride: 2, masks: 25 },
            { shape: [10, 10], patch: 2, stride: 3, masks: 9 },
          ],
        },
        { id: 'said_in_words', method: 'Occlusion' },
      ],
      quadrature: {
        riemann_left: { 2: { step_sizes: [0.5, 0.5], alphas: [0, 0.5], sum_of_step_sizes: 1 } },
        riemann_right: { 2: { step_sizes: [0.5, 0.5], alphas: [0, 0.5], sum_of_step_sizes: 1 } },
      },
      invariants: [{ name: 'linear model' }, { name: 'harmony' }],
    }),
  );
});

const lastLine = (text: string): string | undefined => text.trimEnd().split('\n').at(-1);

test('parity counts passes and failures for each engine, and skips cases by name', () => {
  const { code, stdout } = parity(folder);
  expect(code).toBe(1);
  expect(lastLine(stdout)).toBe('10 passed, 6 failed, 4 skipped');
  expect(stdout).toMatch(/tiny +gradient +onnxruntime-web .* pass/);
  expect(stdout).toMatch(/tiny +input_x_gradient +onnxruntime-node .* FAIL/);
  expect(stdout).toMatch(/tiny +a_method_of_tomorrow .* skip/);
  expect(stdout).toMatch(/linear +right +onnxruntime-node .* pass/);
  expect(stdout).toMatch(/linear +wrong +onnxruntime-node .* FAIL/);
  expect(stdout).toMatch(/by-hand +xplique_occlusion_masks +onnxruntime-node +0 0 +pass/);
  expect(stdout).toMatch(/by-hand +said_in_words .* skip/);
  expect(stdout).toMatch(/by-hand +quadrature riemann_left +onnxruntime-web .* pass/);
  expect(stdout).toMatch(/by-hand +quadrature riemann_right .* FAIL/);
  expect(stdout).toMatch(/by-hand +invariant linear model +onnxruntime-web .* pass/);
  expect(stdout).toMatch(/by-hand +invariant harmony .* skip/);
  expect(stdout).toMatch(/linear +unknown .* skip {2}\(no method for CrystalBall\)/);
});

test('parity can be limited to one engine and to cases by name or glob', () => {
  const one = parity(folder, '--engine', 'node', '--only', 'tiny/grad*,right');
  expect(one.code).toBe(0);
  expect(lastLine(one.stdout)).toBe('2 passed, 0 failed, 0 skipped');
});

test('parity fails for an empty or missing folder', () => {
  expect(parity(join(folder, 'nowhere'))).toMatchObject({ code: 1, stdout: '' });
  const { code, stderr } = parity(folder, '--only', 'nothing-of-this-name');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: not_found: .*\n$/);
});
