import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LAUNCHER, whylight } from '../support/command-line.ts';
import { makeMarkedImages } from '../support/marked-images.ts';

const folder = mkdtempSync(join(tmpdir(), 'whylight-evaluate-'));
const out = join(folder, 'evaluation.html');
const args = [
  'evaluate',
  join(folder, 'images'),
  '--model',
  join(folder, 'model'),
  '--methods',
  'input_x_gradient,saliency',
];
beforeAll(() => makeMarkedImages(folder));
afterAll(() => rmSync(folder, { recursive: true }));

describe('whylight evaluate', () => {
  test('prints a table of means and the number of rows it runs', () => {
    const { code, stdout, stderr } = whylight(
      ...args,
      '--most',
      '6',
      '--metrics',
      'deletion,completeness_gap,pointing_game',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '6 images, 29 rows each: 174 rows\n' });
    expect(stdout).toMatch(/method +deletion ↓ +completeness_gap ↓ +pointing_game ↑/);
    // The model is linear, so its input times its gradient adds up to the score.
    expect(stdout).toMatch(/input_x_gradient +\S+ ± \S+ +\S+e-\d+ ± \S+ +does not apply/);
  });

  test('prints JSON with everything needed to repeat the evaluation', () => {
    const { stdout } = whylight(
      ...args,
      '--most',
      '6',
      '--metrics',
      'deletion',
      '--param',
      'deletion.steps=4',
      '--json',
    );
    const answer = JSON.parse(stdout);
    expect(answer).toMatchObject({
      images: 6,
      pictures: 6,
      seed: 0,
      metrics: [{ metric: 'deletion', params: { steps: 4 } }],
    });
    expect(answer.model.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(answer.results.saliency.metrics.deletion).toMatchObject({ count: 6, mean: expect.any(Number) });
    expect(answer.results.saliency.curves.deletion.x).toHaveLength(5);
  });

  test('continues from its journal after it was killed', async () => {
    const wanted = [
      ...args,
      '--metrics',
      'max_sensitivity,deletion',
      '--param',
      'max_sensitivity.n_perturb_samples=100',
      '-o',
      out,
    ];
    const journal = `${out}.journal.jsonl`;
    const run = spawn(process.execPath, [LAUNCHER, ...wanted], { stdio: 'ignore' });
    const ended = new Promise((done) => run.on('exit', done));
    await expect
      .poll(() => existsSync(journal) && readFileSync(journal, 'utf8').split('\n').length > 3, { timeout: 50_000 })
      .toBe(true);
    run.kill('SIGKILL');
    await ended;
    expect(existsSync(out)).toBe(false);
    const { code, stdout } = whylight(...wanted);
    expect(code).toBe(0);
    expect(stdout).toMatch(/24 images, accuracy [\d.]+ %, \d+ of them from an earlier run/);
    const html = readFileSync(out, 'utf8');
    expect(html).toContain('Max-sensitivity');
    expect(html).not.toMatch(/<script|(src|href)="?https?:/);
  });

  test.each([
    ['penguins', 'penguins.csv', 'auto,tree_shap', ['tree_shap']],
    // The file leaves the number of words open, so the choice needs the first text.
    ['movie_reviews', 'review.txt', 'saliency,auto', ['saliency', 'integrated_gradients']],
  ])('takes the best method for %s in place of auto', (model, file, methods, expected) => {
    const flags = ['--methods', methods, '--most', '1', '--metrics', 'completeness_gap', '--json'];
    const { stdout, stderr, code } = whylight('evaluate', join('examples/data', file), '--model', model, ...flags);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^1 (table row|text)/) });
    expect(Object.keys(JSON.parse(stdout).results)).toEqual(expected);
  });
});
