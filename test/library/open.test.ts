import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExplainableModel, float32, imageCodecs, open } from '../../src/package/node.ts';
import saliency from '../../src/plugins/gradient/saliency.ts';

const PHOTO = 'examples/photos/cat.jpg';
const photo = readFileSync(PHOTO);
const manifest = JSON.parse(readFileSync('models/cifar10/manifest.json', 'utf8'));
const bytes = readFileSync('models/cifar10/model.onnx');

describe('open', () => {
  let model: ExplainableModel;
  beforeAll(async () => {
    model = await open('cifar10');
  });

  it('explains an image by the method that fits the model where none is named', async () => {
    const explanation = await model.explain(PHOTO);
    expect(explanation.method).toBe('grad_cam');
    expect(explanation.reason).toContain('spatial layer');
    expect(explanation.target.label).toBe('cat');
    expect(explanation.map?.dims).toEqual([32, 32]);
    expect(explanation.summary).toMatch(/cat \(score/);
    expect(explanation.features).toEqual([]);
  });

  it('gives the same answer for a path, bytes, a Blob and a URL', async () => {
    const inputs = [
      PHOTO,
      photo,
      new Blob([photo]),
      new Uint8Array(photo).buffer,
      pathToFileURL(PHOTO),
      { file: PHOTO },
    ];
    const answers = [];
    for (const input of inputs) answers.push(await model.predict(input));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]?.[0]).toMatchObject({ label: 'cat' });
  });

  it('opens bytes with a manifest in the options as it opens the folder', async () => {
    const { file: _, ...said } = manifest;
    const opened = await open(bytes, { manifest: said, methods: [saliency] });
    expect(opened.methods).toEqual(['saliency']);
    expect(await opened.predict(photo)).toEqual(await model.predict(photo));
  });

  it('adds methods of other packages to those that it has, and takes class names from a file', async () => {
    const own = { ...saliency, id: 'own_saliency' };
    const labels = join(mkdtempSync(join(tmpdir(), 'whylight-open-')), 'labels.txt');
    writeFileSync(labels, manifest.labels.join('\n'));
    const opened = await open('cifar10', { plugins: [own], labels });
    expect(opened.methods).toEqual(expect.arrayContaining([...model.methods, 'own_saliency']));
    const { method, target } = await opened.explain(photo, { method: 'own_saliency', summary: false });
    expect({ method, label: target.label }).toEqual({ method: 'own_saliency', label: 'cat' });
  });

  it('completes a preprocessing and labels that the options state', async () => {
    const { mean, std, resize } = manifest.preprocessing;
    const opened = await open(bytes, { preprocessing: { mean, std, resize }, labels: manifest.labels });
    expect(await opened.predict(photo)).toEqual(await model.predict(photo));
  });

  it('proposes the usual preprocessing where nothing states one', async () => {
    const opened = await open(bytes);
    await expect(opened.predict(photo)).rejects.toMatchObject({
      code: 'invalid_config',
      message: expect.stringMatching(/as models of CIFAR do.* --mean 0\.4914,0\.4822,0\.4465/),
      details: { preprocessing: { resize: { mode: 'exact' } } },
    });
  });

  it('draws PNG, SVG and a page', async () => {
    const explanation = await model.explain(photo, { method: 'saliency', summary: false });
    const drawn = await imageCodecs().decode(await explanation.png({ max_size: 64 }));
    expect(Math.max(drawn.width, drawn.height)).toBe(64);
    expect(await explanation.svg()).toMatch(/^<svg .*data:image\/png;base64,/s);
    expect(await explanation.html()).toMatch(/^<!doctype html>.*<svg /s);
    expect(JSON.parse(JSON.stringify(explanation))).toMatchObject({ method: 'saliency', target: { label: 'cat' } });
    expect(explanation.summary).toBe('');
  });

  it('explains tensors by the name of the input', async () => {
    const explanation = await model.explain({ input: float32([1, 3, 32, 32]) }, { method: 'saliency' });
    expect(explanation.values.input?.dims).toEqual([1, 3, 32, 32]);
  });

  it('ends with an error that names the target that does not exist', async () => {
    await expect(model.explain(photo, { target: 'kat' })).rejects.toMatchObject({ code: 'label_not_found' });
  });

  it('stops the run when the loop over its steps is left', async () => {
    for await (const step of model.explainSteps(photo, { method: 'rise', params: { n_masks: 4000 } })) {
      expect(step.kind).toBe('partial');
      break;
    }
    expect((await model.explain(photo, { method: 'saliency' })).method).toBe('saliency');
  });
});

describe('open with an address', () => {
  const server = createServer(({ url = '' }, response) => {
    try {
      response.end(readFileSync(`models${new URL(url, 'http://x').pathname}`));
    } catch {
      response.writeHead(404).end();
    }
  });
  let origin = '';
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  it('opens a folder, a manifest and an ONNX file', async () => {
    for (const path of ['/cifar10/', '/cifar10/manifest.json']) {
      const model = await open(`${origin}${path}`);
      expect((await model.predict(photo))[0]?.label).toBe('cat');
    }
    const bare = await open(new URL(`${origin}/cifar10/model.onnx`));
    expect(bare.name).toBe('model');
  });

  it('says which address has no model', async () => {
    await expect(open(`${origin}/nowhere/model.onnx`)).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining('/nowhere/model.onnx answers with status 404'),
    });
  });
});

describe('a model of trees', () => {
  it('is explained by its trees after it has predicted with the same graph', async () => {
    const model = await open('penguins');
    const row = {
      island: 'Dream',
      bill_length_mm: 45,
      bill_depth_mm: 18,
      flipper_length_mm: 188,
      body_mass_g: 3525,
      sex: 'female',
    };
    const [best] = await model.predict(row);
    const explanation = await model.explain(row);
    expect(explanation.method).toBe('tree_shap');
    expect(explanation.target.label).toBe(best?.label);
  });
});
