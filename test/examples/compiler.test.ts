/** The examples of docs/compiler.md, on the embedded model. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fgsm, pgd } from '../../examples/compiler/adversarial.ts';
import { type Derivative, type Image, openDerivative } from '../../examples/compiler/derivative.ts';
import { visualise } from '../../examples/compiler/feature-visualisation.ts';
import { Random } from '../../src/core/tensor/random.ts';

const FILES = ['derivative', 'adversarial', 'feature-visualisation'];
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
});
