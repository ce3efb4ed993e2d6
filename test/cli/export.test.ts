import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { read } from '../../src/core/onnx/read.ts';
import { float32, openPrepared } from '../../src/package/prepared-node.ts';
import saliency from '../../src/plugins/gradient/saliency.ts';
import { whylight } from '../support/command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'whylight-export-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('whylight export writes a model repository for Triton', () => {
  const out = join(folder, 'repository');
  const methods = 'saliency,grad_cam';
  const { code, stdout, stderr } = whylight(
    'export',
    'triton',
    'cifar10',
    '-o',
    out,
    '--methods',
    methods,
    '--wire',
    'fp16',
  );
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const { graphs } = JSON.parse(readFileSync(join(out, 'whylight.json'), 'utf8'));
  expect(graphs.map(({ methods }: { methods: string[] }) => methods)).toEqual([['saliency'], ['grad_cam']]);
  for (const { name } of graphs) {
    expect(stdout).toContain(name);
    expect(readdirSync(join(out, name, '1')).sort()).toEqual(['model.onnx', 'weights.bin']);
    const config = readFileSync(join(out, name, 'config.pbtxt'), 'utf8');
    expect(config).toContain(`name: "${name}"`);
    expect(config).toContain('{ name: "input"  data_type: TYPE_FP16  dims: [ 3, 32, 32 ] }');
    expect(config).toMatch(/name: "gradient\/.*TYPE_FP32/);
  }
});

test('whylight export triton --methods all leaves out what does not apply, and says which and why', () => {
  const out = join(folder, 'all');
  const { code, stdout, stderr } = whylight('export', 'triton', 'italy_power', '--methods', 'all', '-o', out);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^left out: raw_attention: .*attention/m);
  expect(stderr).toMatch(/^left out: tcav: .*concept/m);
  expect(stdout).toMatch(/saliency/);
  const { graphs } = JSON.parse(readFileSync(join(out, 'whylight.json'), 'utf8')) as { graphs: { name: string }[] };
  expect(graphs.length).toBeGreaterThan(2);
  for (const { name } of graphs) expect(existsSync(join(out, name, '1', 'model.onnx'))).toBe(true);
  // A method that is named is an error, not left out.
  expect(whylight('export', 'triton', 'italy_power', '--methods', 'raw_attention', '-o', out)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('unprocessable_method'),
  });
});

test('whylight export writes an InferenceService for KServe', () => {
  const out = join(folder, 'service.yaml');
  const { code } = whylight('export', 'kserve', 'cifar10', '-o', out, '--storage-uri', 's3://models/repository');
  expect(code).toBe(0);
  const service = readFileSync(out, 'utf8');
  expect(service).toMatch(/kind: InferenceService[\s\S]*storageUri: "s3:\/\/models\/repository"/);
  // The image has the project at /app, its working directory.
  const [, model] = service.match(/args: \["--model", "([^"]+)"/) ?? [];
  expect(existsSync(join(model as string, 'manifest.json'))).toBe(true);
});

test('whylight export writes a prepared model, which explains in the library', async () => {
  const out = join(folder, 'cifar10.prepared');
  const { code, stdout } = whylight('export', 'prepared', 'cifar10', '-o', out, '--methods', 'saliency,occlusion');
  expect(code).toBe(0);
  expect(stdout).toContain('for saliency, occlusion');
  const model = openPrepared(readFileSync(out), { methods: [saliency] });
  const { rows } = await model.explain({ method: 'saliency', inputs: { input: float32([1, 3, 32, 32]) } });
  expect(rows[0]?.map?.dims).toEqual([32, 32]);
});

test.each([
  [
    ['export', 'tensorflow', 'cifar10', '-o', 'x'],
    2,
    /format is onnx, prepared, triton or kserve, but "tensorflow" was given/,
  ],
  [['export', 'kserve', 'cifar10', '-o', 'x'], 2, /--storage-uri/],
  [['export', 'triton', 'cifar10', '-o', 'x', '--methods', 'gradcam'], 1, /method_not_found.*grad_cam/],
])('%j fails with an error message that names the mistake', (args, code, message) => {
  const ran = whylight(...(args as string[]));
  expect(ran.code).toBe(code);
  expect(ran.stderr).toMatch(message);
});

test('whylight export onnx writes the model with its map and its metadata, for a class by its name', () => {
  const out = join(folder, 'explained.onnx');
  const { code, stdout, stderr } = whylight('export', 'onnx', 'cifar10', '-o', out, '--target', 'Horse');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('attribution, saliency_map');
  const asked = whylight('export', 'onnx', 'cifar10', '-o', out, '--target-input', '--method', 'saliency');
  expect(asked).toMatchObject({ code: 0, stderr: '' });
  expect(read(readFileSync(out)).inputs.map(({ name }) => name)).toEqual(['input', 'target']);
  expect(whylight('export', 'onnx', out, '-o', join(folder, 'twice.onnx')).stderr).toMatch(
    /^error: unprocessable_method: .*a tensor named "\w+" already/,
  );
});

test.each([
  [['--methods', 'saliency'], '--methods is an option of triton and prepared, and the format is onnx.'],
  [['--steps', '9'], '--steps is an option of integrated_gradients, and the method is grad_cam.'],
  [['--target', '1.5'], '--target takes a whole number, not "1.5".'],
  [['--target', 'hors'], 'label_not_found: The model has no class named "hors". Did you mean "horse"?'],
  [['--target', '2', '--target-input'], 'Give --target or --target-input, not both.'],
  [['-o', 'models/cifar10'], '--out names the model itself'],
] as const)('whylight export onnx refuses %j', (flags, message) => {
  const { code, stderr } = whylight(
    'export',
    'onnx',
    'models/cifar10',
    ...(flags[0] === '-o' ? [] : ['-o', join(folder, 'refused.onnx')]),
    ...flags,
  );
  expect(code).not.toBe(0);
  expect(stderr).toContain(message);
  expect(existsSync(join(folder, 'refused.onnx'))).toBe(false);
});
