/** The Worker of a configuration that names image codecs, as it is deployed. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeProject, type Project } from '../../bench/support/project.ts';
import { type Bundle, bundle, type RunningWorker, startWorker } from '../../bench/support/worker.ts';
import { imageFiles } from '../core/image/image-files.ts';

let project: Project;
let worker: RunningWorker;
let built: Bundle;

beforeAll(async () => {
  project = await makeProject();
  const file = join(project.folder, 'plugins.config.json');
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), codecs: ['jpeg'] }));
  built = await bundle(project.folder);
  worker = await startWorker(built);
}, 120_000);

afterAll(async () => {
  await worker.stop();
  await project.remove();
});

const explain = (file: Uint8Array, type: string, accept = 'application/json'): Promise<Response> =>
  fetch(`${worker.address}/v2/models/cifar10/explain?method=saliency`, {
    method: 'POST',
    headers: { 'Content-Type': type, Accept: accept },
    body: file as Uint8Array<ArrayBuffer>,
  });

describe('the Worker of "codecs": ["jpeg"]', () => {
  it('holds the code and WebAssembly of JPEG, and nothing of WebP', () => {
    const names = built.modules.map(({ path }) => path).join('\n');
    expect(names).toMatch(/jpeg-turbo-\w+\.wasm/);
    expect(names).not.toMatch(/webp-\w+\.wasm/);
    const scripts = built.modules.filter(({ path }) => path.endsWith('.js')).map(({ contents }) => String(contents));
    expect(scripts.join('')).toContain('tjDecompress2');
    expect(scripts.join('')).not.toContain('WebPDecodeRGBA');
  });

  it('explains a JPEG, and draws the answer as PNG', async () => {
    const response = await explain(imageFiles.jpeg, 'image/jpeg', 'image/png');
    expect(response.status).toBe(200);
    expect(new Uint8Array(await response.arrayBuffer()).subarray(0, 4)).toEqual(imageFiles.palettePng.subarray(0, 4));
  });

  it.each([
    ['WebP', 'webp', imageFiles.lossyWebp],
    ['PNG', 'png', imageFiles.palettePng],
  ])('answers a %s with 415, the formats that it decodes and the way to add one', async (kind, format, file) => {
    for (const type of [`image/${format}`, 'application/octet-stream']) {
      const response = await explain(file, type);
      expect(response.status).toBe(415);
      expect(await response.json()).toMatchObject({
        code: 'unsupported_media_type',
        detail: `This is a ${kind} file, which is not decoded here. Send JPEG: convert the image first. To have it decoded, add "${format}" to "codecs" in plugins.config.json and build again.`,
        kind,
        allowed: ['image/jpeg'],
      });
    }
  });

  it('names no other image type to clients that send no image', async () => {
    const response = await explain(new TextEncoder().encode('<svg/>'), 'application/xml');
    const { detail } = (await response.json()) as { detail: string };
    expect([response.status, detail]).toEqual([415, expect.stringContaining('image/jpeg, multipart/form-data')]);
  });

  it('has no other image type in the bodies of its OpenAPI document', async () => {
    const { paths } = (await (await fetch(`${worker.address}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, { requestBody?: { content: object } }>>;
    };
    const types = Object.keys(paths['/v2/models/{model}/explain']?.post?.requestBody?.content ?? {});
    expect(types.filter((type) => type.startsWith('image/'))).toEqual(['image/jpeg']);
  });
});
