/** A copy of the project with a configuration of its own, so that a measurement never touches the real one. */
import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeCompiled } from '../../scripts/build-assets.ts';
import { parseManifest } from '../../src/core/model/manifest.ts';
import { Model } from '../../src/core/model/model.ts';
import { completeModelAssets } from '../../src/node/model-assets.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = [
  'src',
  'scripts',
  'models',
  'generated',
  'package.json',
  'wrangler.toml',
  'bench/workers',
  'plugins.config.json',
];

export interface ProjectOptions {
  /** Tenants beside the real ones. */
  readonly tenants?: number;
  /** Plugins beside the real ones. */
  readonly plugins?: number;
  /** An ONNX file, served as `bench`; it takes images unless there is a manifest. */
  readonly model?: string;
  readonly manifest?: object;
}

export interface Project {
  readonly folder: string;
  remove(): Promise<void>;
}

export async function makeProject({
  tenants = 0,
  plugins = 0,
  model,
  manifest,
}: ProjectOptions = {}): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), 'whylight-bench-'));
  for (const path of COPIED) await cp(join(ROOT, path), join(folder, path), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const file = join(folder, 'plugins.config.json');
  const config = JSON.parse(await readFile(file, 'utf8'));
  for (let i = 0; i < tenants; i++) config.tenants[`tenant-${i}`] = { keys: [sha256(`tenant ${i}`)] };
  for (let i = 0; i < plugins; i++) {
    const path = `./src/plugins/bench-${i}.ts`;
    await writeFile(join(folder, path), pluginText(i));
    config.plugins.push({ use: path });
  }
  if (model !== undefined) {
    config.models.bench = './models/bench';
    for (const target of [join(folder, 'models/bench'), join(folder, 'generated/assets/bench')]) {
      await mkdir(target, { recursive: true });
      await cp(model, join(target, 'model.onnx'));
      await writeFile(join(target, 'manifest.json'), JSON.stringify(manifest ?? (await manifestFor(model))));
    }
    await completeModelAssets(join(folder, 'generated/assets/bench'));
    const { compiled } = config;
    const assets = join(folder, 'generated/assets');
    await writeCompiled({ compiled, models: { bench: join(folder, 'models/bench') } }, assets, [join(assets, 'bench')]);
  }
  await writeFile(file, JSON.stringify(config));
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Images as most networks of ImageNet want them, in the order of axes that the graph has. */
async function manifestFor(file: string): Promise<object> {
  const bytes = new Uint8Array(await readFile(file));
  const model = await Model.read({ bytes, manifest: parseManifest({ name: 'bench' }) });
  const dims = model.info().inputs[0]?.dims.map(Number) ?? [];
  const layout = dims.at(-1) === 3 ? 'NHWC' : 'NCHW';
  const size = layout === 'NHWC' ? dims.slice(0, 2) : dims.slice(1);
  const normal = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
  return { name: 'bench', preprocessing: { size, resize: { mode: 'shortest_side' }, layout, ...normal } };
}

/** The size of a small method, and like no other. */
const pluginText = (i: number): string => `
import * as z from 'zod';
import { defineMethod } from '../core/method/define.ts';
export default defineMethod({
  apiVersion: 1,
  id: 'bench_${i}',
  revision: 1,
  strategy: 'gradient',
  about: {
    title: 'Bench ${i}',
    summary: 'The gradient times ${i}.',
    paper: '',
    modalities: ['image'],
    properties: { signed: true, complete: false, deterministic: true, classDiscriminative: true },
  },
  params: z.object({ factor: z.number().default(${i}).describe('What the gradient is multiplied with.') }),
  needs: () => ({ gradients: 'sources' }),
  cost: () => ({ forwards: 0, backwards: 1 }),
  explain: async ({ inputs, evaluate }) => ({ values: (await evaluate(inputs)).gradients }),
});
`;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
