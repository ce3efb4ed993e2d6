/** Tutorials: every command of the program in them runs. Files that readers bring have small stand-ins. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { onnxFile } from './support/onnx-file.ts';
import { describeInBrowser, itUnless } from './support/optional-tests.ts';
import { quarters } from './support/other-models.ts';
import { usePlayground } from './support/playground.ts';
import { makeTextFolder } from './support/text-folder.ts';

const ROOT = resolve('.');
const CLI = join(ROOT, 'src/cli/whylight.mjs');

/** Fenced blocks of a language in a tutorial. */
const blocksOf = (tutorial: string, language: string): string[] =>
  [...readFileSync(`docs/tutorials/${tutorial}.md`, 'utf8').matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, found]) => found === language)
    .map(([, , text = '']) => text);

/** Commands of the program in a tutorial. */
const commandsOf = (tutorial: string): string[] =>
  blocksOf(tutorial, 'sh').flatMap((block) =>
    block
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .filter((line) => line.startsWith('npx whylight ')),
  );

const ONNXRUNTIME_MISSING =
  spawnSync('python3', ['-c', 'import onnxruntime']).status === 0 ? undefined : 'there is no Python with onnxruntime';

/** Folder in which a reader would sit, with all that the tutorials name. */
function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'whylight-tutorials-'));
  symlinkSync(join(ROOT, 'models'), join(folder, 'models'));
  mkdirSync(join(folder, 'examples/photos'), { recursive: true });
  for (const photo of ['tabby.jpg', 'cat.jpg'])
    cpSync(`examples/photos/${photo}`, join(folder, `examples/photos/${photo}`));
  for (const path of ['data', 'saliency-method-gradient-agreement'])
    symlinkSync(join(ROOT, 'examples', path), join(folder, 'examples', path));
  cpSync('models/cifar10/model.onnx', join(folder, 'model.onnx'));
  writeFileSync(
    join(folder, 'labels.txt'),
    JSON.parse(readFileSync('models/cifar10/manifest.json', 'utf8')).labels.join('\n'),
  );
  for (const image of ['image.jpg', 'street.jpg']) cpSync('examples/photos/cat.jpg', join(folder, image));
  const metadata = { task: 'detect', imgsz: '[8, 8]', names: "{0: 'quarter'}", end2end: 'True' };
  const metadataProps = Object.entries(metadata).map(([key, value]) => ({ key, value }));
  writeFileSync(join(folder, 'yolo11n.onnx'), onnxFile(quarters(), { metadataProps }));
  const bert = makeTextFolder();
  cpSync(bert, join(folder, 'bert'), { recursive: true });
  rmSync(bert, { recursive: true });
  return folder;
}

describe('tutorials', () => {
  let folder: string;
  beforeAll(() => {
    folder = makeFolder();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const TUTORIALS = [
    'first-map',
    'pytorch',
    'yolo',
    'bert',
    'sklearn',
    'data-set',
    'write-a-method',
    'explained-model',
  ];
  const commands = TUTORIALS.flatMap((tutorial) => commandsOf(tutorial).map((command) => [tutorial, command] as const));

  it('have commands', () => expect(commands.length).toBeGreaterThan(10));

  it.each(commands)(
    'of %s run: %s',
    (_, command) => {
      const program = command.replace('npx whylight', `${JSON.stringify(process.execPath)} ${JSON.stringify(CLI)}`);
      const { status, stderr } = spawnSync('sh', ['-c', program], { cwd: folder, encoding: 'utf8' });
      expect(`${status} ${status === 0 ? '' : stderr}`).toBe('0 ');
    },
    300_000,
  );

  it('of the first map run in Node', () => {
    const [program = ''] = blocksOf('first-map', 'js');
    const file = join(folder, 'program.ts');
    writeFileSync(file, program.replace("'whylight'", JSON.stringify(join(ROOT, 'src/package/node.ts'))));
    expect(execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' })).toMatch(
      /^cat Explanation of class cat/,
    );
    expect(readFileSync(join(folder, 'node-map.png')).subarray(1, 4).toString()).toBe('PNG');
  }, 100_000);

  it('of the explained model run with onnxruntime alone, as in a browser', () => {
    const [program = ''] = blocksOf('explained-model', 'js');
    const file = join(folder, 'explained.mjs');
    const engine = JSON.stringify(import.meta.resolve('onnxruntime-web'));
    writeFileSync(file, program.replace("'onnxruntime-web'", engine));
    expect(execFileSync(process.execPath, [file], { cwd: folder, encoding: 'utf8' })).toBe('[ 1, 32, 32 ]\n');
  }, 100_000);

  itUnless(ONNXRUNTIME_MISSING, 'of the explained model run in Python', () => {
    const [program = ''] = blocksOf('explained-model', 'python');
    expect(execFileSync('python3', ['-c', program], { cwd: folder, encoding: 'utf8' })).toBe('(1, 32, 32)\n');
  });

  it('of the deployment build the Worker without an account', () => {
    const said = execFileSync(process.execPath, ['scripts/deploy.ts', '--dry-run'], { encoding: 'utf8' });
    expect(said).toContain('would make, unless it is there: KV namespace whylight-RESULTS');
    expect(said).toMatch(/Total Upload: .*gzip/);
  }, 200_000);
});

const REQUESTS_MISSING =
  spawnSync('python3', ['-c', 'import requests']).status === 0 ? undefined : 'there is no Python with requests';

describeInBrowser('the tutorial for Python', () => {
  const running = usePlayground();

  itUnless(REQUESTS_MISSING, 'gets a map, and a page for notebooks', () => {
    const [first = '', second = ''] = blocksOf('python', 'python');
    const program = `${first}\n${second.replace('from IPython.display import HTML', 'HTML = print')}`;
    const text = execFileSync('python3', ['-c', program.replace('http://127.0.0.1:8787', running.server.address)], {
      encoding: 'utf8',
    });
    expect(text).toMatch(/^cat \[1, \d+, \d+\] Explanation of class cat/);
    expect(text).toContain('<iframe srcdoc="');
  });
});
