import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { sniff } from '../../src/core/image/sniff.ts';
import { whylight } from '../support/command-line.ts';

const PHOTO = 'examples/photos/cat.jpg';
const folder = mkdtempSync(join(tmpdir(), 'whylight-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

const inFolder = (name: string): string => join(folder, name);

describe('whylight explain', () => {
  test('prints the top classes and writes a map of the size of the image', () => {
    const out = inFolder('map.png');
    const { code, stdout, stderr } = whylight('explain', PHOTO, '--method', 'grad_cam', '-o', out);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout).toMatch(/1 {2}cat .* %/);
    expect(stdout).toContain(`written to ${out}`);
    const photo = sniff(readFileSync(PHOTO));
    expect(sniff(readFileSync(out))).toMatchObject({ type: 'image/png', width: photo.width, height: photo.height });
  });

  test('makes the drawing as large as --max_size', () => {
    const out = inFolder('small.png');
    const { code, stderr } = whylight('explain', PHOTO, '--method', 'grad_cam', '--max_size', '64', '-o', out);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { width, height } = sniff(readFileSync(out));
    expect(Math.max(width, height)).toBe(64);
  });

  test('writes a file for each input into a folder, named after it', () => {
    const maps = join(inFolder('maps'), '/');
    const images = [PHOTO, 'examples/photos/dogs.jpg'];
    expect(whylight('explain', ...images, '--method', 'grad_cam', '--no-summary', '-o', maps).code).toBe(0);
    for (const name of ['cat.png', 'dogs.png']) expect(sniff(readFileSync(join(maps, name))).type).toBe('image/png');
    const rows = whylight('explain', 'examples/data/penguins.csv', '--model', 'penguins', '--no-summary', '-o', maps);
    expect(rows.stdout).toContain(`written to ${join(maps, 'penguins-row-2.svg')}`);
  });

  test('draws the rows of a table together with --beeswarm, for one target', () => {
    const args = ['explain', 'examples/data/penguins.csv', '--model', 'penguins', '--no-summary'];
    const path = inFolder('rows.svg');
    const { code, stderr } = whylight(...args, '--target', 'Gentoo', '--beeswarm', path);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringContaining(`3 rows drawn to ${path}.`) });
    const drawn = readFileSync(path, 'utf8');
    expect(drawn).toMatch(/^<svg .*Gentoo.*bill_length_mm/s);
    expect(drawn.match(/<circle/g)).toHaveLength(18);
    const several = whylight(...args, '--beeswarm', path);
    expect(several.code).not.toBe(0);
    expect(several.stderr).toMatch(/several \(.*Adelie.*\): choose one with --target/);
    expect(whylight(...args, '--beeswarm', 'rows.png').stderr).toContain('ends in .svg or .html');
  });

  test('gives the same explanation with both engines', () => {
    const [web, node] = ['web', 'node'].map((engine) => {
      const { code, stdout } = whylight('explain', PHOTO, '--engine', engine, '--json', '--values', '--target', 'dog');
      expect(code).toBe(0);
      return JSON.parse(stdout);
    });
    expect([web.engine, node.engine]).toEqual(['onnxruntime-web', 'onnxruntime-node']);
    expect(web.target).toEqual(node.target);
    expect(web.target.label).toBe('dog');
    expect(web.score).toBeCloseTo(node.score, 4);
    expect(web.map.shape).toEqual([72, 72]);
    for (const [i, value] of web.map.data.entries()) expect(value).toBeCloseTo(node.map.data[i], 4);
  });

  test('passes flags to the method as parameters', () => {
    const { stdout } = whylight('explain', PHOTO, '--method', 'occlusion', '--sliding_window_shape', '16', '--json');
    expect(JSON.parse(stdout).params).toMatchObject({ sliding_window_shape: [16] });
  });

  test('takes a preset as a flag and as a parameter', () => {
    const explain = (...flags: string[]) =>
      JSON.parse(whylight('explain', PHOTO, '--method', 'eigen_cam', '--json', '--no-summary', ...flags).stdout).params;
    const expected = explain('--preset', 'pytorch_grad_cam');
    expect(expected).toMatchObject({ sign: 'lapack' });
    expect(explain('--param', 'preset=pytorch_grad_cam')).toEqual(expected);
  });

  test('accepts a bare ONNX file with flags for preprocessing and labels', () => {
    const model = inFolder('bare.onnx');
    copyFileSync('models/cifar10/model.onnx', model);
    const manifest = JSON.parse(readFileSync('models/cifar10/manifest.json', 'utf8'));
    const { mean, std, resize } = manifest.preprocessing;
    writeFileSync(inFolder('labels.txt'), manifest.labels.join('\n'));
    const bare = whylight('explain', PHOTO, '--model', model);
    expect(bare).toMatchObject({ code: 1, stdout: '' });
    expect(bare.stderr).toContain('--mean');
    const flags = ['--mean', String(mean), '--std', String(std), '--labels', inFolder('labels.txt')];
    const told = whylight('explain', PHOTO, '--model', model, ...flags, '--resize', resize.mode, '--json');
    const known = whylight('explain', PHOTO, '--model', 'cifar10', '--json');
    expect(JSON.parse(told.stdout).top).toEqual(JSON.parse(known.stdout).top);
  });

  test('exits with code 1 and one line on stderr for invalid files and values', () => {
    writeFileSync(inFolder('text.png'), 'this is no image');
    writeFileSync(inFolder('empty.onnx'), '');
    const wrong: [string[], RegExp][] = [
      [['nothing.png'], /^error: not_found: /],
      [[inFolder('text.png')], /^error: (invalid_image|unsupported_media_type): /],
      [[PHOTO, '--method', 'gradcam'], /^error: method_not_found: .*grad_cam/],
      [[PHOTO, '--model', 'cifar'], /^error: model_not_found: .*cifar10/],
      [[PHOTO, '--model', inFolder('empty.onnx'), '--mean', '0'], /^error: invalid_model: /],
      [[PHOTO, '--target', 'kat'], /^error: label_not_found: .*cat/],
      [[PHOTO, '--target_layer', 'nowhere'], /^error: layer_not_found: /],
      [[PHOTO, '--method', 'integrated_gradients', '--n_steps', '0'], /^error: invalid_request: .*n_steps/],
      [[PHOTO, '--opacity', '7'], /^error: invalid_request: .*opacity/],
      [[PHOTO, '--max_size', '64.5'], /^error: invalid_request: .*max_size/],
      [[PHOTO, '-o', inFolder('no/such/folder.png')], /^error: /],
    ];
    for (const [args, message] of wrong) {
      const { code, stdout, stderr } = whylight(
        'explain',
        ...args,
        ...(args.includes('-o') ? [] : ['-o', inFolder('x.png')]),
      );
      expect({ args, code, stdout }).toEqual({ args, code: 1, stdout: '' });
      const lines = stderr
        .trimEnd()
        .split('\n')
        .filter((line) => !line.startsWith('note: '));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toMatch(message);
    }
  });

  test('prints the stack trace with --debug', () => {
    expect(whylight('explain', 'nothing.png', '--debug').stderr).toContain('    at ');
  });
});

describe('whylight', () => {
  test('exits with code 2 for a usage error', () => {
    for (const args of [
      ['explian'],
      ['explain'],
      ['explain', PHOTO, '--metod', 'saliency'],
      ['explain', PHOTO, '--seed', 'x'],
      [],
    ]) {
      expect({ args, code: whylight(...args).code }).toEqual({ args, code: 2 });
    }
  });

  test('exits with code 0 for --help and prints the usage of each command', () => {
    const general = whylight('--help');
    expect(general.code).toBe(0);
    for (const command of ['explain', 'compare', 'methods', 'inspect']) {
      expect(general.stdout).toContain(command);
      const { code, stdout } = whylight(command, '--help');
      expect(code).toBe(0);
      expect(stdout).toContain(`USAGE\n  whylight ${command}`);
    }
  });
});

test.each([
  ['cat.jpg', expect.stringMatching(/^Not sure: the best guess has \d\d\.\d %\.$/)],
  ['tabby.jpg', undefined],
])('explain --json of %s says as the terminal does whether the model is sure', (photo, doubt) => {
  const args = ['explain', `examples/photos/${photo}`, '--method', 'saliency', '--no-summary'];
  const answer = JSON.parse(whylight(...args, '--json').stdout);
  expect(answer.doubt).toEqual(doubt);
  expect(/^Not sure.*$/m.exec(whylight(...args).stdout)?.[0]).toBe(answer.doubt);
});

test('whylight methods lists every method and the parameters of one', () => {
  const all = whylight('methods');
  expect(all.code).toBe(0);
  for (const id of ['saliency', 'grad_cam', 'occlusion']) expect(all.stdout).toContain(id);
  expect(all.stdout).toMatch(
    /^integrated_gradients +gradient +51 rows {2}Integrated Gradients: How much each element adds/m,
  );
  expect(all.stdout).toMatch(/^tree_shap +\w+ +- {2}/m);
  expect(all.stderr).toContain('Start with auto');
  const one = whylight('methods', 'occlusion', '--json');
  expect(JSON.parse(one.stdout)[0].parameters).toHaveProperty('sliding_window_shape');
});

test('whylight inspect lists methods that do not apply once for each reason', () => {
  const { stdout } = whylight('inspect', 'penguins');
  expect(stdout).toMatch(/^ {2}tree_shap +runs, 2 rows$/m);
  const [, refused = ''] = stdout.split('METHODS THAT DO NOT APPLY');
  expect(refused).toMatch(/grad_cam, .*eigen_cam/s);
  expect(refused.match(/no feature map to look at/g)).toHaveLength(1);
  expect(refused).not.toContain('unprocessable_method');
  expect(refused.split('\n').every((line) => line.length <= 80)).toBe(true);
});

test('whylight inspect reports inputs, cost, layers, memory and methods of a model', () => {
  const { code, stdout } = whylight('inspect', 'cifar10', '--json');
  expect(code).toBe(0);
  const report = JSON.parse(stdout);
  expect(report.inputs).toEqual([{ name: 'input', dtype: 'float32', dims: ['N', 3, 32, 32] }]);
  expect(report.flops.backward).toBeGreaterThan(0.5 * report.flops.forward);
  expect(report.flops.backward).toBeLessThan(2 * report.flops.forward);
  expect(report.camLayer.dims).toEqual([128, 8, 8]);
  expect(report.operators.find(({ op }: { op: string }) => op === 'Conv')).toMatchObject({ nodes: 8, rule: 'rule' });
  expect(report.memory.gradient.memory).toBeLessThanOrEqual(report.memory.gradient.speed);
  expect(report.memory.gradient.speed).toBeLessThan(report.memory.limit);
  expect(report.methods.find(({ method }: { method: string }) => method === 'grad_cam')).toMatchObject({ runs: true });
});
