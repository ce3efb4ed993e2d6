/** Receipts made by the Worker in workerd, verified on the command line by repeating the run. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeProject, type Project } from '../../bench/support/project.ts';
import { bundle, type RunningWorker, startWorker } from '../../bench/support/worker.ts';
import { float32 } from '../../src/core/tensor/tensor.ts';
import { newKeySet } from '../../src/edge/receipts/keys.ts';
import { attributionDigest } from '../../src/edge/receipts/receipt.ts';
import { whylight } from '../support/command-line.ts';

const PHOTO = 'examples/photos/cat.jpg';
const folder = mkdtempSync(join(tmpdir(), 'whylight-receipts-'));
const [answer, corrected, keys] = ['answer.json', 'corrected.json', 'keys.json'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];
let project: Project;
let worker: RunningWorker;

beforeAll(async () => {
  project = await makeProject();
  const variables = { RECEIPT_KEYS: JSON.stringify(await newKeySet()) };
  worker = await startWorker(await bundle(project.folder), { variables });
  writeFileSync(keys, await (await fetch(`${worker.address}/.well-known/whylight-keys.json`)).text());
  await explain('method=integrated_gradients&n_steps=8&target=cat', answer);
  await explain('method=lime&n_samples=20&target=d&labels=a,b,c,d,e,f,g,h,i,j', corrected);
}, 120_000);

afterAll(async () => {
  await worker.stop();
  await project.remove();
  rmSync(folder, { recursive: true });
});

async function explain(query: string, file: string): Promise<void> {
  const explained = await fetch(`${worker.address}/v2/models/cifar10/explain?${query}&receipt=true`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/jpeg' },
    body: readFileSync(PHOTO),
  });
  writeFileSync(file, await explained.text());
}

const verify = (file: string, ...more: string[]) => whylight('receipt', 'verify', file, '--keys', keys, ...more);

interface Changeable {
  readonly parameters: object;
  readonly outputs: { readonly name: string; readonly data: unknown[] }[];
}

const named = (outputs: Changeable['outputs'], name: string) =>
  outputs.find((output) => output.name === name) as Changeable['outputs'][number];

describe('a receipt of the Worker', () => {
  it.each(['node', 'web'])('is verified by repeating the run on onnxruntime-%s', (engine) => {
    const { code, stdout } = verify(answer, '--model', 'cifar10', '--input', PHOTO, '--engine', engine);
    expect(stdout).toContain('signature valid');
    expect(stdout).toContain('the answer has the attribution of the receipt');
    expect(stdout).toMatch(/run repeated on .*(equal, byte for byte|largest difference is \d)/);
    expect(code).toBe(0);
  });

  it('is refused where one byte of it, or one number of the answer, was changed', () => {
    const text = readFileSync(answer, 'utf8');
    const [, token = ''] = /"receipt":"([^"]+)"/.exec(text) ?? [];
    const place = token.length - 30;
    const changed = `${token.slice(0, place)}${token[place] === 'A' ? 'B' : 'A'}${token.slice(place + 1)}`;
    const forged = join(folder, 'forged.json');
    writeFileSync(forged, text.replace(token, changed));
    expect(verify(forged)).toMatchObject({ code: 1, stderr: expect.stringContaining('not valid') });
    const json = JSON.parse(text) as { outputs: { name: string; data: number[] }[] };
    const attribution = json.outputs.find(({ name }) => name === 'attribution');
    attribution?.data.splice(7, 1, 0.5);
    writeFileSync(forged, JSON.stringify(json));
    expect(verify(forged)).toMatchObject({ code: 1, stderr: expect.stringContaining('was changed') });
  });

  it.each<[string, (answer: Changeable) => void]>([
    ['another class', ({ outputs }) => named(outputs, 'target_label').data.splice(0, 1, 'dog')],
    ['another score', ({ outputs }) => named(outputs, 'scores').data.splice(0, 1, 0.25)],
    ['another method', ({ parameters }) => Object.assign(parameters, { method: 'saliency' })],
    ['another model', (answer) => Object.assign(answer, { model_name: 'everyday' })],
    ['another datatype', ({ outputs }) => Object.assign(named(outputs, 'attribution'), { datatype: 'FP64' })],
    ['a second attribution before its own', ({ outputs }) => outputs.unshift({ ...named(outputs, 'attribution') })],
  ])('is refused with an answer that names %s', (_, change) => {
    const json = JSON.parse(readFileSync(answer, 'utf8')) as Changeable;
    change(json);
    const forged = join(folder, 'forged.json');
    writeFileSync(forged, JSON.stringify(json));
    expect(verify(forged)).toMatchObject({ code: 1, stderr: expect.stringContaining('The answer was changed') });
  });

  it('says which outputs it does not cover, and compares the map with that of the repeated run', () => {
    const json = JSON.parse(readFileSync(answer, 'utf8')) as Changeable;
    named(json.outputs, 'saliency_map').data.fill(0.5);
    const forged = join(folder, 'forged.json');
    writeFileSync(forged, JSON.stringify(json));
    expect(verify(forged)).toMatchObject({ code: 0, stdout: expect.stringMatching(/not covered.*saliency_map/) });
    const repeated = verify(forged, '--model', 'cifar10', '--input', PHOTO);
    expect(repeated).toMatchObject({ code: 1, stderr: expect.stringContaining('not that of the repeated run') });
  });

  it('repeats the corrections of the request', () => {
    const { code, stdout, stderr } = verify(corrected, '--model', 'cifar10', '--input', PHOTO);
    expect(stderr).toBe('');
    expect(stdout).toContain('saliency_map is that of the repeated run');
    expect(code).toBe(0);
  });

  it('has the same digest for -0, which JSON writes as 0, as for 0', async () => {
    const [negative, positive] = [float32([2], [-0, 1]), float32([2], [0, 1])];
    expect(await attributionDigest(negative)).toBe(await attributionDigest(positive));
    expect(await attributionDigest(negative)).not.toBe(await attributionDigest(float32([2], [0, 2])));
  });

  it('is refused for another input and for another model', () => {
    const input = verify(answer, '--model', 'cifar10', '--input', 'examples/photos/tabby.jpg');
    expect(input).toMatchObject({ code: 1, stderr: expect.stringContaining('The input has the SHA-256') });
    const model = verify(answer, '--model', 'everyday', '--input', PHOTO);
    expect(model).toMatchObject({ code: 1, stderr: expect.stringContaining('The model has the SHA-256') });
  });
});
