/** The examples of docs/compiler.md, on the embedded model. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { fgsm, pgd } from '../../examples/compiler/adversarial.ts';
import { type Derivative, type Image, openDerivative } from '../../examples/compiler/derivative.ts';
import { visualise } from '../../examples/compiler/feature-visualisation.ts';
import { secondOrder } from '../../examples/compiler/second-order.ts';
import { scoreNoise } from '../../examples/compiler/sensitivity.ts';
import { GraphBuilder } from '../../src/core/onnx/builder.ts';
import { write } from '../../src/core/onnx/write.ts';
import { Random } from '../../src/core/tensor/random.ts';

const FILES = ['derivative', 'adversarial', 'feature-visualisation', 'sensitivity', 'second-order'];
const EPSILON = 0.02;

let derivative: Derivative;
let image: Image;
let label: number;

const top = (scores: ArrayLike<number>): number => Array.from(scores).indexOf(Math.max(...Array.from(scores)));
const farthest = (a: Image, b: Image): number => Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))));

beforeAll(async () => {
  derivative = await openDerivative('models/cifar10/model.onnx');
  image = Float32Array.from(new Random(7).at(0).normal(3 * 32 * 32), (value) => 0.3 * value);
  label = top((await derivative(image, 0)).scores);
});

describe('the examples of the compiler', () => {
  it.each(FILES)('are in the docs as they are in %s.ts', (file) => {
    expect(readFileSync('docs/compiler.md', 'utf8')).toContain(readFileSync(`examples/compiler/${file}.ts`, 'utf8'));
  });

  it('lower the score by one step within epsilon', async () => {
    const before = (await derivative(image, label)).scores[label] as number;
    const attacked = await fgsm(derivative, image, label, EPSILON);
    expect((await derivative(attacked, label)).scores[label]).toBeLessThan(before);
    expect(farthest(attacked, image)).toBeLessThanOrEqual(EPSILON + 1e-6);
  });

  it('lower it further by several steps within the same epsilon, to another class', async () => {
    const once = await fgsm(derivative, image, label, EPSILON);
    const often = await pgd(derivative, image, label, EPSILON);
    const [first, second] = [(await derivative(once, label)).scores, (await derivative(often, label)).scores];
    expect(second[label]).toBeLessThan(first[label] as number);
    expect(farthest(often, image)).toBeLessThanOrEqual(EPSILON + 1e-6);
    expect(top(second)).not.toBe(label);
  });

  it('raise a score by ascent on the input until its class is the top one', async () => {
    const other = (label + 3) % 10;
    const before = (await derivative(image, other)).scores[other] as number;
    const after = (await derivative(await visualise(derivative, image, other), other)).scores;
    expect(after[other]).toBeGreaterThan(before + 5);
    expect(top(after)).toBe(other);
  });

  it('foretell how far noise moves a score', async () => {
    const noise = 1e-4;
    const before = (await derivative(image, label)).scores[label] as number;
    const expected = await scoreNoise(derivative, image, label, noise);
    let squares = 0;
    const trials = 40;
    for (let i = 0; i < trials; i++) {
      const draws = new Random(11).at(i).normal(image.length);
      const noisy = image.map((value, k) => value + noise * (draws[k] as number));
      squares += (((await derivative(noisy, label)).scores[label] as number) - before) ** 2;
    }
    // The standard deviation of 40 draws is off by about a ninth.
    expect(Math.sqrt(squares / trials) / expected).toBeGreaterThan(0.6);
    expect(Math.sqrt(squares / trials) / expected).toBeLessThan(1.5);
  });

  it('attribute a product of two elements to both, half of it each', async () => {
    const g = GraphBuilder.empty();
    const x = g.input('x', 'float32', ['N', 2]);
    const [a, b] = [0, 1].map((i) => g.op('Gather', [x, g.constant('int64', [1], [i])], { axis: 1 }));
    const folder = mkdtempSync(join(tmpdir(), 'whylight-second-'));
    const file = join(folder, 'product.onnx');
    writeFileSync(file, write(g.build([g.named(g.mul(a as never, b as never), 'score')])).graph);
    const { first, second } = await secondOrder(file, Float32Array.of(2, 3), [2], 0, 1);
    rmSync(folder, { recursive: true });
    expect([...first]).toEqual([6, 6]);
    expect([...second]).toEqual([3, 3]);
  });
});
