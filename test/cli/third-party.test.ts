/** Methods that the command line loads at run time, as a user of the package calls it in a folder of their own. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LAUNCHER } from '../support/command-line.ts';

let folder: string;

/** A method with the numbers of `saliency`, and another id. */
const method = (id: string): string =>
  `import saliency from '${resolve('src/plugins/gradient/saliency.ts')}';
const id: string = '${id}';
export default { ...saliency, id, about: { ...saliency.about, title: 'Method ${id}' } };`;

const configure = (config: unknown): void => writeFileSync(join(folder, 'plugins.config.json'), JSON.stringify(config));

function whylight(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [LAUNCHER, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { code: status, stdout, stderr };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'whylight-'));
  for (const id of ['mine', 'yours']) writeFileSync(join(folder, `${id}.ts`), method(id));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('--plugin', () => {
  it('adds the methods of files to the built ones, for any command', () => {
    const { code, stdout } = whylight('methods', '--plugin', './mine.ts', '--plugin=yours.ts');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^mine +gradient +1 row {2}Method mine: .+$/m);
    expect(stdout).toMatch(/^yours +gradient +1 row {2}Method yours: .+$/m);
    expect(stdout).toMatch(/^grad_cam /m);
  });

  it('explains by a method that is in no build', () => {
    const photo = resolve('examples/photos/cat.jpg');
    const { code, stdout, stderr } = whylight('explain', photo, '--method', 'mine', '--plugin', './mine.ts', '--json');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).method).toBe('mine');
  });

  it('names a file that does not exist', () => {
    const { code, stderr } = whylight('methods', '--plugin', './mein.ts');
    expect(code).toBe(1);
    expect(stderr).toContain('--plugin: there is no file "./mein.ts". Did you mean "./mine.ts"?');
  });

  it('takes the folder of a package, with or without ./, by what its package.json exports', () => {
    mkdirSync(join(folder, 'saliency-method-ours/dist'), { recursive: true });
    const path = (file: string) => join(folder, 'saliency-method-ours', file);
    writeFileSync(
      path('package.json'),
      JSON.stringify({
        name: 'saliency-method-ours',
        type: 'module',
        exports: { '.': { default: './dist/index.ts' } },
      }),
    );
    const gone = whylight('methods', '--plugin', './saliency-method-ours');
    expect(gone.stderr).toContain('--plugin: there is no file "./saliency-method-ours/dist/index.ts"');
    writeFileSync(path('dist/index.ts'), method('ours'));
    for (const use of ['./saliency-method-ours', 'saliency-method-ours']) {
      expect(whylight('methods', '--plugin', use).stdout).toMatch(/^ours +gradient +1 row +Method ours: /m);
    }
  });

  it('names the TypeScript file that an import means without its extension', () => {
    writeFileSync(join(folder, 'slic.ts'), 'export const slic = 1;');
    for (const [i, written] of ['./slic', './slic.js'].entries()) {
      writeFileSync(join(folder, `two${i}.ts`), `import { slic } from '${written}';\n${method('two')}\nvoid slic;`);
      const { code, stderr } = whylight('methods', '--plugin', `./two${i}.ts`);
      expect(code).toBe(1);
      expect(stderr).toContain(
        `--plugin: "./two${i}.ts" imports a file that does not exist: write its extension as it is, "./slic.ts".`,
      );
      expect(stderr).not.toContain('plugins.config.json');
    }
  });

  it('needs a value', () => {
    expect(whylight('methods', '--plugin')).toMatchObject({ code: 2 });
  });
});

describe('the plugins.config.json of the folder', () => {
  it('says which methods commands know, with the rules of the operator', () => {
    configure({
      plugins: [
        { use: './mine.ts', defaults: { absolute: false } },
        { use: './yours.ts', as: 'theirs' },
      ],
    });
    const { code, stdout } = whylight('methods');
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line.split(' ')[0])).toEqual(['mine', 'theirs', '']);
  });

  it('names the file of a folder that an entry names', () => {
    configure({ plugins: [{ use: './saliency-method-ours' }] });
    expect(whylight('methods').stderr).toContain(
      'plugins[0]: "./saliency-method-ours" is a folder: name its file "./saliency-method-ours/dist/index.ts"',
    );
  });

  it('is listed with what is loaded and not built', () => {
    configure({ plugins: [{ use: './mine.ts' }] });
    expect(whylight('plugins', 'list').stdout).toMatch(/^mine .*\(configured, not built\)$/m);
  });

  it('explains by a method in a thread of its own as by the same method without one', () => {
    const explain = (isolated: boolean) => {
      configure({ plugins: [{ use: './mine.ts', isolated }] });
      const photo = resolve('examples/photos/cat.jpg');
      return whylight('explain', photo, '--method', 'mine', '--json');
    };
    const [inside, apart] = [explain(false), explain(true)];
    expect(apart.code, apart.stderr).toBe(0);
    const { timings: _, ...expected } = JSON.parse(inside.stdout);
    expect(JSON.parse(apart.stdout)).toMatchObject(expected);
  });

  it('is used as far as it goes where an entry is wrong, with a warning that names the entry', () => {
    configure({ plugins: [{ use: './mine.ts' }, { use: 'saliency-method-missing' }] });
    const { code, stdout, stderr } = whylight('methods');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^mine /m);
    expect(stderr).toContain('warning: plugins.config.json, plugins[1]: the package "saliency-method-missing" is not');
  });
});
