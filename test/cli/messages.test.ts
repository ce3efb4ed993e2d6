/** Messages that say in words what is wrong and what to do. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { LAUNCHER, whylight } from '../support/command-line.ts';

const PHOTO = 'examples/photos/cat.jpg';
const folder = mkdtempSync(join(tmpdir(), 'whylight-messages-'));
afterAll(() => rmSync(folder, { recursive: true }));

const explain = (...args: string[]) =>
  whylight('explain', PHOTO, '--model', 'cifar10', '--method', 'saliency', ...args);

describe('messages of the command line', () => {
  test('say in words why a file cannot be written', () => {
    const { code, stderr } = explain('-o', join(folder, 'nowhere/x.png'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: invalid_request: Cannot write .*x\.png: no such file or directory\.\n$/);
  });

  test('refuse an odd --drain before the server listens', () => {
    const { code, stdout, stderr } = whylight('serve', '--drain', 'soon', '--port', '0', '--model', 'models/cifar10');
    expect([code, stdout, stderr]).toEqual([2, '', expect.stringContaining('--drain takes a number')]);
  });

  test('refuse a file whose ending is no format', () => {
    const { code, stderr } = explain('-o', join(folder, 'x.jpg'));
    expect(code).toBe(2);
    expect(stderr).toContain('.png');
    expect(existsSync(join(folder, 'x.jpg'))).toBe(false);
  });

  test('propose the margin for two classes that were joined by a minus', () => {
    const { code, stderr } = explain('--target', 'cat-dog');
    expect(code).toBe(1);
    expect(stderr).toContain('Did you mean "cat - dog"?');
  });

  test('name the neuron, not a class, where a method explains a neuron', () => {
    const { stdout } = whylight('explain', PHOTO, '--model', 'cifar10', '--method', 'neuron_gradient', '--neuron', '0');
    expect(stdout).toMatch(/neuron_gradient of the neuron \(value -?\d/);
    expect(explain().stdout).toMatch(/saliency of cat \(score 4\.273\)/);
  });

  test('propose flags for a model of well-known shapes without preprocessing, and these work', () => {
    const bare = join(folder, 'bare.onnx');
    copyFileSync('models/cifar10/model.onnx', bare);
    const { code, stderr } = whylight('explain', PHOTO, '--model', bare);
    expect(code).toBe(1);
    const [, flags = ''] = /usually take (--.*): try these/.exec(stderr) ?? [];
    expect(whylight('explain', PHOTO, '--model', bare, ...flags.split(' ')).code).toBe(0);
  });

  test('say that the model is not sure where the best class is below one half', () => {
    const { stdout } = whylight('explain', 'examples/photos/coffee.jpg', '--model', 'cifar10', '--method', 'saliency');
    const [, best = ''] = /^ {2}1 .* (\d+\.\d) %/m.exec(stdout) ?? [];
    expect(Number(best)).toBeLessThan(50);
    expect(stdout).toContain(`Not sure: the best guess has ${best} %.`);
    expect(explain().stdout).not.toContain('Not sure');
  });

  test('show the help of plugins without an action', () => {
    expect(whylight('plugins')).toMatchObject({ code: 2, stdout: expect.stringContaining('whylight plugins list') });
  });

  test('note that the web engine runs where the native one is not installed, and refuse it by name', () => {
    const hook = resolve('test/support/without-onnxruntime-node.mjs');
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [LAUNCHER, 'explain', PHOTO, '--method', 'saliency', ...args], {
        encoding: 'utf8',
        env: { ...process.env, NODE_OPTIONS: `--import ${hook}` },
      });
    const fallen = run();
    expect(fallen.status).toBe(0);
    expect(fallen.stderr).toContain('note: onnxruntime-node cannot be loaded, so onnxruntime-web runs the model');
    expect(fallen.stdout).toContain('onnxruntime-web');
    const asked = run('--engine', 'node');
    expect(asked.status).toBe(1);
    expect(asked.stderr).toContain('error: engine_failure: onnxruntime-node cannot be loaded');
  });

  test('say on Ctrl-C that the finished images of a report are kept', async () => {
    const images = join(folder, 'images');
    mkdirSync(images);
    for (let i = 0; i < 200; i++) copyFileSync(PHOTO, join(images, `${i}.jpg`));
    const out = join(folder, 'report.html');
    const args = ['report', images, '--model', 'cifar10', '--methods', 'saliency', '--metrics', 'none', '-o', out];
    const running = spawn(process.execPath, [LAUNCHER, ...args]);
    let said = '';
    running.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const ended = once(running, 'exit');
    const journal = `${out}.journal.jsonl`;
    await expect.poll(() => existsSync(journal) && readFileSync(journal, 'utf8').split('\n').length).toBeGreaterThan(3);
    running.kill('SIGINT');
    const [code] = await ended;
    expect(code).toBe(130);
    expect(said).toContain(`Stopped. The inputs that are done are kept in ${journal}: the same command goes on`);
    const more = whylight(...args, '--most', '8');
    expect(more.stderr).not.toContain('error');
  });
});
