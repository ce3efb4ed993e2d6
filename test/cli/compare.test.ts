import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { sniff } from '../../src/core/image/sniff.ts';
import { whylight } from '../support/command-line.ts';

const PHOTO = 'examples/photos/cat.jpg';
const folder = mkdtempSync(join(tmpdir(), 'whylight-compare-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('whylight compare', () => {
  test('prints a table and writes a sheet of maps of equal size', () => {
    const out = join(folder, 'sheet.png');
    const wanted = ['--methods', 'saliency,grad_cam,occlusion', '--cell', '96', '--columns', '2', '-o', out];
    const { code, stdout, stderr } = whylight('compare', PHOTO, ...wanted);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(/cat, score/);
    for (const line of [/^saliency +1 /m, /^grad_cam +1 /m, /^occlusion +49 /m]) expect(stdout).toMatch(line);
    expect(stdout).toContain(`written to ${out}`);
    const photo = sniff(readFileSync(PHOTO));
    const height = Math.round((96 * photo.height) / photo.width);
    expect(sniff(readFileSync(out))).toMatchObject({
      type: 'image/png',
      width: 8 + 2 * (96 + 8),
      height: 8 + 2 * (Math.max(64, height) + 11 + 8),
    });
  });

  test('agrees with explain, and passes parameters to the methods that have them', () => {
    const flags = ['--target', 'dog', '--json'];
    const both = whylight('compare', PHOTO, '--methods', 'grad_cam,integrated_gradients', '--n_steps', '7', ...flags);
    const { target, score, methods } = JSON.parse(both.stdout);
    const one = JSON.parse(whylight('explain', PHOTO, '--method', 'grad_cam', '--no-summary', ...flags).stdout);
    expect(target).toEqual(one.target);
    expect(score).toBeCloseTo(one.score, 5);
    expect(methods[0]).toMatchObject({ method: 'grad_cam', params: one.params, samples: one.samples });
    expect(methods[1].params.n_steps).toBe(7);
  });

  test('explains several targets, each as explain does, on one sheet', () => {
    const out = join(folder, 'classes.png');
    const sheet = ['--methods', 'grad_cam', '--cell', '96', '-o', out];
    const { code, stdout } = whylight('compare', PHOTO, ...sheet, '--targets', 'cat,dog');
    expect(code).toBe(0);
    for (const line of [/^grad_cam cat +-?\d+\.\d+ +1 /m, /^grad_cam dog +-?\d+\.\d+ +1 /m])
      expect(stdout).toMatch(line);
    expect(sniff(readFileSync(out))).toMatchObject({ type: 'image/png' });
    const { methods } = JSON.parse(whylight('compare', PHOTO, ...sheet, '--targets', '["dog", 3]', '--json').stdout);
    const one = JSON.parse(
      whylight('explain', PHOTO, '--method', 'grad_cam', '--target', 'dog', '--no-summary', '--json').stdout,
    );
    expect(methods[0]).toMatchObject({ method: 'grad_cam', asked: 'dog', target: one.target });
    expect(methods[0].score).toBeCloseTo(one.score, 5);
    expect(methods[1]).toMatchObject({ asked: '3', target: { index: 3, label: 'alligator' } });
  });

  test('refuses a list of targets that is empty, beside --target, or with an unknown label', () => {
    const refused = (...flags: string[]) => whylight('compare', PHOTO, '--methods', 'grad_cam', ...flags).stderr;
    expect(refused('--targets', 'cat,,dog')).toContain('--targets takes targets with commas between');
    expect(refused('--targets', 'cat,dog', '--target', 'cat')).toContain('exclude each other');
    expect(refused('--targets', 'cat,horsee')).toContain('horse');
  });

  test('applies a preset to the methods that have it, and lists the others', () => {
    const methods = ['--methods', 'integrated_gradients,layer_gradient', '--preset', 'zennit'];
    const { code, stdout } = whylight('compare', PHOTO, ...methods);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^integrated_gradients +21 /m);
    expect(stdout).toContain('without a preset zennit, by their defaults: layer_gradient');
    const none = whylight('compare', PHOTO, '--methods', 'rise', '--preset', 'zennit');
    expect(none.code).toBe(1);
    expect(none.stderr).toContain('rise has xplique');
    const one = ['--method', 'integrated_gradients', '--preset', 'zennit', '--n_steps', '3', '--no-summary', '--json'];
    expect(JSON.parse(whylight('explain', PHOTO, ...one).stdout).params).toMatchObject({
      n_steps: 3,
      quadrature: 'riemann_right',
    });
  });

  test('runs the other methods when one fails, and exits with code 1', () => {
    const out = join(folder, 'failed.png');
    const names = ['--methods', 'attention_rollout,saliency', '-o', out];
    const { code, stdout } = whylight('compare', PHOTO, ...names);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^attention_rollout +FAILED: unprocessable_method: /m);
    expect(stdout).toMatch(/^saliency +1 /m);
    expect(sniff(readFileSync(out)).type).toBe('image/png');
  });

  test('skips methods that do not apply or exceed the sample limit, with the reason', () => {
    const { code, stdout } = whylight('compare', PHOTO, '--max-samples', '1', '--json');
    expect(code).toBe(0);
    const { methods } = JSON.parse(stdout);
    const of = (id: string) => methods.find(({ method }: { method: string }) => method === id);
    expect(of('grad_cam').samples.backwards).toBe(1);
    expect(of('attention_rollout')).toMatchObject({ skipped: true, error: { code: 'unprocessable_method' } });
    expect(of('occlusion')).toMatchObject({ skipped: true, error: { code: 'budget_exceeded' } });
  });

  test('refuses invalid arguments before anything runs', () => {
    const wrong: [string[], number, RegExp][] = [
      [['--methods', 'gradcam'], 1, /^error: method_not_found: .*grad_cam/],
      [['--methods', ','], 2, /--methods/],
      [['--methods', 'saliency', '--n_steps', '5'], 2, /--n_steps/],
      [['--methods', 'saliency', '--target', 'kat'], 1, /^error: label_not_found: .*cat/],
      [['--methods', 'saliency', '--opacity', '7'], 1, /^error: invalid_request: .*opacity/],
      [['--cell', '1.5'], 2, /--cell/],
    ];
    for (const [args, status, message] of wrong) {
      const { code, stdout, stderr } = whylight('compare', PHOTO, ...args);
      expect({ args, code, stdout }).toEqual({ args, code: status, stdout: '' });
      expect(stderr).toMatch(message);
    }
  });
});

describe('whylight compare for a text', () => {
  const text = 'an excellent film with a weak ending';
  const compare = (...more: string[]) =>
    whylight('compare', '--model', 'movie_reviews', '--text', text, '--methods', 'occlusion,lime,grad_cam', ...more);

  test('prints the values of the words by each method, the strongest first', () => {
    const { stdout } = compare();
    expect(stdout).toMatch(/^feature +occlusion +lime$/m);
    expect(stdout).toMatch(/^excellent +\+0\.\d+ +\+0\.\d+$/m);
    expect(stdout).toContain('FAILED: unprocessable_method: grad_cam gives no values of the features of the input');
  });

  test('writes drawings below each other as SVG or a page, and no PNG', () => {
    for (const [name, start] of [
      ['sheet.svg', '<svg'],
      ['sheet.html', '<!doctype html>'],
    ] as const) {
      const out = join(folder, name);
      expect(compare('-o', out).stdout).toContain(`written to ${out}`);
      const sheet = readFileSync(out, 'utf8');
      expect(sheet.startsWith(start)).toBe(true);
      expect(sheet.match(/excellent<\/text>/g)?.length).toBeGreaterThanOrEqual(2);
    }
    expect(compare('-o', join(folder, 'sheet.png'))).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('.svg or .html'),
    });
  });

  test('takes a row of a table', () => {
    const flags = ['--model', 'penguins', '--methods', 'tree_shap', '--json'];
    const { stdout, stderr } = whylight('compare', 'examples/data/penguins.csv', '--row', '2', ...flags);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout).methods[0].features[1].name).toBe('bill_length_mm = 43.3 mm');
    expect(whylight('compare', 'examples/data/penguins.csv', ...flags).stderr).toContain('the first of 3 inputs');
  });
});
