import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeProject } from '../../bench/support/project.ts';
import { generate } from '../../scripts/generate-plugins.ts';

const SALIENCY = './src/plugins/gradient/saliency.ts';
const RISE = './src/plugins/perturbation/rise.ts';
const GRAD_CAM = './src/plugins/activation/grad-cam.ts';
let root: string;

/** A project of its own, whose `src` and `node_modules` are this project's. */
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'whylight-'));
  await symlink(resolve('src'), join(root, 'src'));
  await mkdir(join(root, 'node_modules'));
});
afterEach(() => rm(root, { recursive: true }));

const put = async (path: string, text: string): Promise<void> => {
  await mkdir(join(root, path, '..'), { recursive: true });
  await writeFile(join(root, path), text);
};
const configure = (config: unknown): Promise<void> =>
  put('plugins.config.json', typeof config === 'string' ? config : JSON.stringify(config));
const plugin = (changes: string): string => `
import saliency from '${resolve('src/plugins/gradient/saliency.ts')}';
export default { ...saliency, ${changes} };`;

describe('the generated module', () => {
  it('is up to date for this project', async () => {
    for (const { path, text } of await generate(resolve('.'))) expect(await readFile(path, 'utf8'), path).toBe(text);
  });

  it('imports files and packages, with defaults and limits', async () => {
    await put(
      'node_modules/saliency-method-x/package.json',
      '{ "name": "saliency-method-x", "version": "1.4.1", "type": "module", "exports": { "import": "./index.js" } }',
    );
    await put('node_modules/saliency-method-x/index.js', plugin("id: 'x'"));
    await configure({
      plugins: [
        { use: SALIENCY, defaults: { absolute: false } },
        { use: 'saliency-method-x', version: '^1.2.0' },
      ],
      tenants: { a: { methods: ['x'] } },
    });
    const [module] = await generate(root);
    expect(module?.text).toContain('import saliency from "../src/plugins/gradient/saliency.ts";');
    expect(module?.text).toContain('import x from "saliency-method-x";');
    expect(module?.text).toMatch(/\{ method: saliency, defaults: \{"absolute":false\}, build: "whylight@\d[^"]*" \},/);
    expect(module?.text).toMatch(/\{ method: x, build: "saliency-method-x@1\.4\.1\+[0-9a-f]{16}" \},/);
    expect(module?.text).toContain('"methods": [\n      "x"\n    ]');
  });
});

describe('the generated module of a Worker', () => {
  it('imports the methods of "compiled", and loads the others by their strategy', async () => {
    await configure({
      plugins: [{ use: SALIENCY }, { use: GRAD_CAM, as: 'cam_two', unlisted: true }, { use: RISE, as: 'masks' }],
      compiled: ['saliency'],
      tenants: { a: { methods: ['masks'] } },
    });
    const texts = new Map((await generate(root)).map(({ path, text }) => [path, text]));
    const worker = texts.get('generated/worker-plugins.ts') ?? '';
    expect([...worker.matchAll(/^import (\w+) from/gm)].map(([, id]) => id)).toEqual([
      'saliency',
      'jpegDecoder',
      'pngDecoder',
      'webpDecoder',
    ]);
    expect(worker).toContain(
      '{ id: "masks", load: async () => ({ ...(await load_perturbation()).masks, id: "masks" }), build: ',
    );
    expect(worker).toContain('id: "cam_two" }), unlisted: true, build: ');
    expect(texts.get('generated/methods/activation.ts')).toContain(
      'export { default as cam_two } from "../../src/plugins/activation/grad-cam.ts";',
    );
    expect(texts.has('generated/methods/gradient.ts')).toBe(false);
  });
});

describe('exclude', () => {
  const plugins = [{ use: SALIENCY }, { use: './src/plugins/backprop/lrp.ts' }, { use: GRAD_CAM }];

  it.each([
    ['a family', 'lrp', ['saliency', 'grad_cam']],
    ['a method by its id', 'grad_cam', ['saliency', 'lrp']],
  ])('leaves %s out of every generated module', async (_, name, left) => {
    await configure({ plugins, exclude: [name] });
    for (const { path, text } of await generate(root)) {
      if (!path.endsWith('plugins.ts')) continue;
      expect([...text.matchAll(/\{ method: (\w+)|^ {4}"(\w+)",$/gm)].map(([, own, lazy]) => own ?? lazy)).toEqual(left);
    }
  });

  it('refuses a name that is neither', async () => {
    await configure({ plugins, exclude: ['lpr'] });
    await expect(generate(root)).rejects.toMatchObject({ message: expect.stringContaining('lrp') });
  });
});

describe('the build of a plugin in the generated module', () => {
  const buildsOf = async (use: string): Promise<string | undefined> => {
    await configure({ plugins: [{ use, as: 'renamed' }] });
    const [module] = await generate(root);
    return /build: "([^"]+)"/.exec(module?.text ?? '')?.[1];
  };

  it('changes with any file of a package whose version stays', async () => {
    const folder = 'node_modules/saliency-method-x';
    await put(
      `${folder}/package.json`,
      '{ "name": "saliency-method-x", "version": "1.0.0", "type": "module", "main": "index.js" }',
    );
    await put(`${folder}/index.js`, plugin("id: 'x'"));
    await put(`${folder}/lib/loop.js`, 'export const turns = 10;');
    const before = await buildsOf('saliency-method-x');
    await put(`${folder}/lib/loop.js`, 'export const turns = 11;');
    const after = await buildsOf('saliency-method-x');
    expect(before).toMatch(/^saliency-method-x@1\.0\.0\+/);
    expect(after).toMatch(/^saliency-method-x@1\.0\.0\+/);
    expect(after).not.toBe(before);
  });

  it('changes with a file that the plugin imports, and with no other file beside it', async () => {
    await put('mine/method.mjs', `import { id } from './id.mjs';${plugin('id')}`);
    await put('mine/id.mjs', "export const id = 'x';");
    const before = await buildsOf('./mine/method.mjs');
    await put('mine/unrelated.mjs', 'export const other = 1;');
    expect(await buildsOf('./mine/method.mjs')).toBe(before);
    await put('mine/id.mjs', "export const id = 'x'; // changed");
    expect(await buildsOf('./mine/method.mjs')).not.toBe(before);
  });
});

describe('an entry with "as"', () => {
  it('serves a second version of a method under an id of its own', async () => {
    await put('old.mjs', plugin("id: 'x', revision: 1"));
    await put('new.mjs', plugin("id: 'x', revision: 2"));
    await configure({ plugins: [{ use: './new.mjs' }, { use: './old.mjs', as: 'x_old' }] });
    const [module] = await generate(root);
    expect(module?.text).toContain('import x_old from "../old.mjs";');
    expect(module?.text).toContain('{ method: { ...x_old, id: "x_old" }, build:');
  });

  it('is refused where the id is not in snake case', async () => {
    await configure({ plugins: [{ use: SALIENCY, as: 'X-old' }] });
    await expect(generate(root)).rejects.toThrow('plugins[0].as');
  });
});

describe('modalities and tasks in the generated module', () => {
  it('are no modalities and the tasks that come with whylight when the configuration names none', async () => {
    await configure({ plugins: [{ use: SALIENCY }] });
    const [module] = await generate(root);
    expect(module?.text).not.toContain('src/modalities');
    expect(module?.text).toContain("export { builtinTasks as tasks } from '../src/tasks/index.ts';");
  });

  it('are loaded when asked for, and imported, when the configuration names them', async () => {
    await configure({
      plugins: [{ use: SALIENCY }],
      modalities: [{ use: './src/modalities/tensor/modality.ts' }],
      tasks: [{ use: './src/tasks/classification/classification.ts' }],
    });
    const [module] = await generate(root);
    expect(module?.text).toContain(
      '{ id: "tensor", load: async () => (await import("../src/modalities/tensor/modality.ts")).default },',
    );
    expect(module?.text).toContain('import task0 from "../src/tasks/classification/classification.ts";');
    expect(module?.text).not.toContain('builtinTasks');
  });

  it.each([
    ['modalities', { modalities: [{ use: './broken.js' }] }, 'modalities[0]: The modality "smell" breaks the contract'],
    ['tasks', { tasks: [{ use: './broken.js' }] }, 'tasks[0]: The task "smell" breaks the contract'],
  ])('are refused where one of the %s breaks its contract', async (_, config, message) => {
    await put('broken.js', "export default { apiVersion: 1, id: 'smell', about: { title: 'Smell' } };");
    await configure({ plugins: [{ use: SALIENCY }], ...config });
    await expect(generate(root)).rejects.toThrow(message);
  });

  it('are refused where two have the same id', async () => {
    const use = './src/modalities/tensor/modality.ts';
    await configure({ plugins: [{ use: SALIENCY }], modalities: [{ use }, { use }] });
    await expect(generate(root)).rejects.toThrow('modalities[1]: "./src/modalities/tensor/modality.ts" has the id');
  });
});

describe('image codecs in the generated module of a Worker', () => {
  const codecsIn = async (config: object): Promise<string> => {
    await configure({ plugins: [{ use: SALIENCY }], ...config });
    const module = (await generate(root)).find(({ path }) => path.endsWith('/worker-plugins.ts'));
    return module?.text ?? '';
  };

  it('are those of every format when the configuration names none', async () => {
    expect(await codecsIn({})).toContain('{ jpeg: jpegDecoder, png: pngDecoder, webp: webpDecoder };');
  });

  it('are those that the configuration names, and no others are imported', async () => {
    const text = await codecsIn({ codecs: ['jpeg'] });
    expect(text).toContain("import jpegDecoder from '../src/edge/workerd/codecs/jpeg.ts';");
    expect(text).toContain('codecs: ImageDecoders = { jpeg: jpegDecoder };');
    expect(text).not.toMatch(/codecs\/(png|webp)/);
  });

  it('are refused under a name that there is no decoder for, with those that there are', async () => {
    await configure({ plugins: [{ use: SALIENCY }], codecs: ['jpeg', 'avif'] });
    await expect(generate(root)).rejects.toThrow(
      'codecs[1]: there is no image format "avif": name those that are to be decoded, of "jpeg", "png", "webp"',
    );
  });
});

describe('the version of a plugin', () => {
  it.each([
    [
      '^2.0.0',
      ['plugins[0]: "saliency-method-x" is installed in version 1.4.1, but ^2.0.0 is asked for', 'npm install'],
    ],
    ['newest', ['plugins[0].version: "newest" is no range of versions']],
  ])('%s is refused before the package is loaded', async (version, words) => {
    await put('node_modules/saliency-method-x/package.json', '{ "name": "saliency-method-x", "version": "1.4.1" }');
    await put('node_modules/saliency-method-x/index.js', 'throw new Error("loaded");');
    await configure({ plugins: [{ use: 'saliency-method-x', version }] });
    const error = await generate(root).catch((reason: Error) => reason);
    for (const word of words) expect((error as Error).message).toContain(word);
  });

  it('is refused for a plugin that is a file', async () => {
    await configure({ plugins: [{ use: SALIENCY, version: '1' }] });
    await expect(generate(root)).rejects.toThrow('plugins[0].version: a file has no version');
  });
});

describe('the error for plugins.config.json', () => {
  const cases: [string, unknown, string[]][] = [
    ['invalid JSON', '{\n  "plugins": [,]\n}', ['plugins.config.json, line 2, column 15: not valid JSON']],
    ['an unknown key', { plugins: [{ use: SALIENCY }], tennants: {} }, ['plugins.config.json', 'tennants']],
    ['no plugins', { plugins: [] }, ['plugins.config.json, plugins:']],
    [
      'an unknown file',
      { plugins: [{ use: './src/plugins/gradient/salience.ts' }] },
      ['plugins[0]: there is no file', `Did you mean "${SALIENCY}"?`],
    ],
    [
      'an unknown package',
      { plugins: [{ use: SALIENCY }, { use: 'saliency-method-none' }] },
      ['plugins[1]: the package "saliency-method-none" is not installed', 'npm install saliency-method-none'],
    ],
    [
      'a file without ./',
      { plugins: [{ use: 'src/broken.ts' }] },
      ['plugins[0]: the path of a file starts with "./": write "./src/broken.ts"'],
    ],
    [
      'a duplicate id',
      { plugins: [{ use: SALIENCY }, { use: GRAD_CAM }, { use: SALIENCY }] },
      ['plugins[2]', 'has the id "saliency", and so has plugins[0]', 'remove one'],
    ],
    [
      'an unsupported apiVersion',
      { plugins: [{ use: './old.js' }] },
      ['plugins[0]', 'is written for version 0 of the plugin contract', 'install'],
    ],
    [
      'a module that exports no method',
      { plugins: [{ use: './other.js' }] },
      ['plugins[0]', 'export default defineMethod'],
    ],
    [
      'a file that throws',
      { plugins: [{ use: './broken.js' }] },
      ['plugins[0]', '"./broken.js" cannot be loaded: out of order'],
    ],
    [
      'a default that the schema refuses',
      { plugins: [{ use: SALIENCY, defaults: { reduction: 'most' } }] },
      ['plugins[0]', 'Parameter "reduction" of saliency must be one of none, sum'],
    ],
    [
      'a limit of an unknown parameter',
      { plugins: [{ use: SALIENCY, limits: { n_steps: 3 } }] },
      ['plugins[0]', 'has no parameter "n_steps" to limit'],
    ],
    [
      'an unknown method of a tenant',
      { plugins: [{ use: GRAD_CAM }], tenants: { a: { methods: ['gradcam'] } } },
      ['tenants.a.methods', 'Did you mean grad_cam?'],
    ],
    [
      'an invalid default of a tenant',
      { plugins: [{ use: GRAD_CAM }], tenants: { a: { parameters: { grad_cam: { defaults: { relu: 'x' } } } } } },
      ['tenants.a.parameters.grad_cam', 'must be true or false'],
    ],
    [
      'an unknown model of a tenant',
      { plugins: [{ use: GRAD_CAM }], tenants: { a: { models: ['resnet'] } } },
      ['tenants.a.models', 'there is no model "resnet"'],
    ],
    [
      'a key in plain text',
      { plugins: [{ use: GRAD_CAM }], tenants: { a: { keys: ['secret'] } } },
      ['tenants.a.keys[0]', 'SHA-256'],
    ],
    [
      'a model without manifest',
      { plugins: [{ use: GRAD_CAM }], models: { m: './models/m' } },
      ['models.m', 'models/m/manifest.json'],
    ],
    [
      'a model whose manifest has another name',
      { plugins: [{ use: GRAD_CAM }], models: { m: './named' } },
      ['models.m', 'is called "n": use the same name'],
    ],
  ];

  it.each(cases)('names entry and remedy for %s', async (_, config, parts) => {
    await put('old.js', plugin('apiVersion: 0'));
    await put('other.js', 'export default 3;');
    await put('broken.js', 'throw new Error("out of order");');
    await put('named/manifest.json', '{ "name": "n" }');
    await configure(config);
    const error = await generate(root).then(
      () => expect.unreachable(),
      (reason: { code: string; message: string }) => reason,
    );
    expect(error.code).toBe('invalid_config');
    for (const part of parts) expect(error.message).toContain(part);
  });

  it('says that the file is missing', async () => {
    await expect(generate(root)).rejects.toMatchObject({
      code: 'invalid_config',
      message: expect.stringContaining('There is no plugins.config.json'),
    });
  });
});

describe('the build of npm start', () => {
  it('says a mistake and keeps the files of the build before it; a deployment fails', async () => {
    const { folder, remove } = await makeProject();
    const before = await readFile(join(folder, 'generated/plugins.ts'), 'utf8');
    await writeFile(join(folder, 'plugins.config.json'), '{ "plugins": [');
    const build = (env: Readonly<Record<string, string>>) =>
      spawnSync(process.execPath, ['scripts/generate-plugins.ts'], {
        cwd: folder,
        encoding: 'utf8',
        env: { ...process.env, ...env },
      });
    const [started, deployed] = [build({ WHYLIGHT_KEEP_BUILD: '1' }), build({ WHYLIGHT_KEEP_BUILD: '' })];
    expect(started.stderr).toMatch(/plugins\.config\.json[\s\S]*The build before it is served/);
    expect([started.status, deployed.status]).toEqual([0, 1]);
    expect(await readFile(join(folder, 'generated/plugins.ts'), 'utf8')).toBe(before);
    await remove();
  });
});
