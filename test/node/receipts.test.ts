/** Receipts made by the Worker in workerd, verified on the command line by repeating the run. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeProject, type Project } from '../../bench/support/project.ts';
import { bundle, type RunningWorker, startWorker } from '../../bench/support/worker.ts';
import { newKeySet } from '../../src/edge/receipts/keys.ts';
import { whylight } from '../support/command-line.ts';

const PHOTO = 'examples/photos/cat.jpg';
const folder = mkdtempSync(join(tmpdir(), 'whylight-receipts-'));
const [answer, keys] = [join(folder, 'answer.json'), join(folder, 'keys.json')];
let project: Project;
let worker: RunningWorker;

beforeAll(async () => {
  project = await makeProject();
  const variables = { RECEIPT_KEYS: JSON.stringify(await newKeySet()) };
  worker = await startWorker(await bundle(project.folder), { variables });
  writeFileSync(keys, await (await fetch(`${worker.address}/.well-known/whylight-keys.json`)).text());
  const query = 'method=integrated_gradients&n_steps=8&target=cat&receipt=true';
  const explained = await fetch(`${worker.address}/v2/models/cifar10/explain?${query}`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/jpeg' },
    body: readFileSync(PHOTO),
  });
  writeFileSync(answer, await explained.text());
}, 120_000);

afterAll(async () => {
  await worker.stop();
  await project.remove();
  rmSync(folder, { recursive: true });
});

const verify = (file: string, ...more: string[]) => whylight('receipt', 'verify', file, '--keys', keys, ...more);

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

  it('is refused for another input and for another model', () => {
    const input = verify(answer, '--model', 'cifar10', '--input', 'examples/photos/tabby.jpg');
    expect(input).toMatchObject({ code: 1, stderr: expect.stringContaining('The input has the SHA-256') });
    const model = verify(answer, '--model', 'everyday', '--input', PHOTO);
    expect(model).toMatchObject({ code: 1, stderr: expect.stringContaining('The model has the SHA-256') });
  });
});
