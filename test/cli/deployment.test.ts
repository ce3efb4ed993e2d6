/** Deployments: their configuration, and the Worker that is built of it. `npm run e2e:deployment` runs one. */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleDeployment } from '../../src/cli/bundle-deployment.ts';
import { configText } from '../../src/cli/config-text.ts';
import { LAUNCHER } from '../support/command-line.ts';

const folder = mkdtempSync(join(tmpdir(), 'whylight-deployment-'));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (config: object): void => writeFileSync(join(folder, 'plugins.config.json'), configText(config));
const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
const whylight = (...args: string[]) =>
  spawnSync(process.execPath, [LAUNCHER, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });

writeFileSync(
  join(folder, 'mine.ts'),
  `import saliency from '${resolve('src/plugins/gradient/saliency.ts')}';
const id: string = 'mine';
export default { ...saliency, id };`,
);
beforeEach(() =>
  write({
    plugins: [{ use: 'whylight/methods/gradient/saliency' }, { use: './mine.ts', as: 'yours', unlisted: true }],
    models: { cifar10: resolve('models/cifar10') },
    tenants: { '*': { methods: ['saliency'] } },
  }),
);

describe('configText', () => {
  it('writes each entry of a list on one line', () => {
    expect(configText({ plugins: [{ use: 'a', limits: { n: 5 } }], models: {}, exclude: [] })).toBe(
      '{\n  "plugins": [\n    { "use": "a", "limits": { "n": 5 } }\n  ],\n  "models": {},\n  "exclude": []\n}\n',
    );
  });
});

describe('whylight build', () => {
  it('writes the Worker, its models with their digest, and what was built', () => {
    expect(whylight('build')).toMatchObject({ status: 0, stdout: '.whylight/worker.js: 2 methods, 1 model\n' });
    const worker = read('.whylight/worker.js');
    expect(worker).toMatch(
      /\.\.\.lazyMethods\(load_gradient, \{ build: "whylight@\d[^"]*" \}, \[\n {4}"saliency",\n {2}\]\),/,
    );
    expect(worker).toMatch(
      /\{ id: "yours", load: async \(\) => \(\{ \.\.\.\(await load_gradient\(\)\)\.yours, id: "yours" \}\), build: "file\+[0-9a-f]{16}", unlisted: true \}/,
    );
    const methods = read('.whylight/methods/gradient.js');
    expect(methods).toContain('export { default as saliency } from "whylight/methods/gradient/saliency";');
    expect(methods).toContain('export { default as yours } from "../../mine.ts";');
    expect(worker).toMatch(
      / {2}compiler: "whylight@\d[^"]*\+[0-9a-f]{16}",\n {2}reader: "whylight@\d[^"]*\+[0-9a-f]{16}",/,
    );
    expect(worker).toContain('models: {"cifar10":"cifar10"}');
    expect(read('.whylight/assets/cifar10/model.sha256')).toMatch(/^[0-9a-f]{64}$/);
    expect(existsSync(join(folder, '.whylight/assets/cifar10/train.py'))).toBe(false);
    expect(whylight('plugins', 'list').stdout).not.toContain('not built');
  });

  it('bundles modules that an isolate loads when it needs them', async () => {
    const own = join(folder, 'bundled');
    mkdirSync(join(own, '.whylight/methods'), { recursive: true });
    writeFileSync(join(own, '.whylight/worker.js'), "export const load = () => import('./methods/gradient.js');");
    writeFileSync(join(own, '.whylight/methods/gradient.js'), "export const saliency = 'loaded later';");
    await bundleDeployment(own);
    const [chunk = ''] = globSync('.whylight/modules/chunks/gradient-*.js', { cwd: own });
    expect(readFileSync(join(own, chunk), 'utf8')).toContain('loaded later');
    expect(readFileSync(join(own, '.whylight/modules/worker.js'), 'utf8')).not.toContain('loaded later');

    writeFileSync(join(own, '.whylight/worker.js'), "import './gone.js';");
    await expect(bundleDeployment(own)).rejects.toThrow(/The Worker cannot be bundled: .*gone\.js/s);
  });

  it('bundles a method that has an isolate of its own, and does not import it into the Worker', () => {
    write({ plugins: [{ use: './mine.ts', as: 'apart', isolated: true }], models: {}, tenants: { '*': {} } });
    expect(whylight('build')).toMatchObject({ status: 0, stderr: '' });
    const worker = read('.whylight/worker.js');
    expect(worker).toContain('hardenBuiltIns, isolatedIn, ');
    expect(existsSync(join(folder, '.whylight/methods/gradient.js'))).toBe(false);
    expect(worker).toContain('method: isolatedIn({"use":"./mine.ts","script":"isolated/apart.js"');
    expect(worker).not.toContain('../mine.ts');
    expect(read('.whylight/assets/isolated/apart.js')).toContain('cloudflare:workers');
  });

  it('puts the files that a method loads among the static assets', () => {
    writeFileSync(join(folder, 'weights.bin'), 'weights');
    write({ plugins: [{ use: './mine.ts', files: { weights: './weights.bin' } }] });
    expect(whylight('build').status).toBe(0);
    expect(read('.whylight/worker.js')).toContain('files: {"weights":"plugin-files/mine/weights"}');
    expect(read('.whylight/assets/plugin-files/mine/weights')).toBe('weights');
    write({ plugins: [{ use: './mine.ts', files: { weights: './gone.bin' } }] });
    expect(whylight('build').stderr).toMatch(/files\.weights of mine: there is no file ".*gone\.bin"/);
  });

  it('says that graphs are not compiled ahead, where the configuration asks for it', () => {
    write({ plugins: [{ use: './mine.ts' }], compiled: ['mine'] });
    const { status, stderr } = whylight('build');
    expect(status).toBe(0);
    expect(stderr).toContain('note: plugins.config.json, compiled: graphs are compiled ahead in a clone');
  });

  it('lists a method as not built once its file has changed', () => {
    whylight('build');
    const before = read('mine.ts');
    writeFileSync(join(folder, 'mine.ts'), `${before}\n// changed`);
    expect(whylight('plugins', 'list').stdout).toMatch(/^yours .*\(configured, not built\)$/m);
    writeFileSync(join(folder, 'mine.ts'), before);
  });

  it.each([
    [{ plugins: [{ use: './gone.ts' }] }, 'plugins[0]: there is no file "./gone.ts"'],
    [
      { plugins: [{ use: './mine.ts' }], models: { other: resolve('models/cifar10') } },
      'models.other: the manifest in',
    ],
    [
      { plugins: [{ use: './mine.ts' }], tenants: { acme: { methods: ['saliency'] } } },
      'plugins.config.json, tenants.acme.methods.0: There is no saliency method',
    ],
  ])('refuses %j', (config, message) => {
    write(config);
    const { status, stderr } = whylight('build');
    expect(status).toBe(1);
    expect(stderr).toContain(message);
  });

  it('says how a deployment is made where there is none', () => {
    rmSync(join(folder, 'plugins.config.json'));
    expect(whylight('build').stderr).toContain('whylight init my-server');
  });
});

describe('whylight plugins add and remove', () => {
  it('add an entry, and take it out by file or id', () => {
    write({ plugins: [{ use: 'whylight/methods/gradient/saliency' }] });
    expect(whylight('plugins', 'add', './mine.ts').stdout).toContain('mine is in plugins.config.json now');
    expect(read('plugins.config.json')).toContain('    { "use": "./mine.ts" }\n');
    expect(whylight('plugins', 'remove', 'saliency').stdout).toContain('whylight/methods/gradient/saliency is out of');
    expect(read('plugins.config.json')).not.toContain('saliency');
    expect(whylight('plugins', 'remove', './mine.ts').stderr).toContain('a configuration needs one');
    expect(whylight('plugins', 'remove', './mime.ts').stderr).toContain('Did you mean "./mine.ts"?');
  });

  it('name what is not installed', () => {
    expect(whylight('plugins', 'add', 'saliency-method-gone').stderr).toContain('is not installed: run "npm install');
    expect(whylight('plugins', 'update', 'saliency-method-gone').stderr).toContain('is not installed');
    expect(whylight('plugins', 'update', './mine.ts').stderr).toContain('every build reads it anew');
  });
});
