import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'whylight-home-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Files that a process which runs a model once leaves in the folder of its user. */
function left(program: string): string[] {
  const [home, file] = [join(folder, 'home'), join(folder, 'program.mjs')];
  mkdirSync(home);
  writeFileSync(file, program);
  const { status, stderr } = spawnSync(process.execPath, [file], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: home, XDG_CACHE_HOME: join(home, 'cache') },
  });
  expect([status, stderr]).toEqual([0, expect.any(String)]);
  return readdirSync(home, { recursive: true, encoding: 'utf8' });
}
const engine = new URL('../../src/node/onnxruntime-node.ts', import.meta.url);
const thread = new URL('../../src/node/threaded-engine.ts', import.meta.url);
const run = (make: string) => `
  import { readFileSync } from 'node:fs';
  ${make}
  const session = await engine.load({ graph: new Uint8Array(readFileSync('models/cifar10/model.onnx')) });
  await session.run({ input: { dtype: 'float32', dims: [1, 3, 32, 32], data: new Float32Array(3072) } });
  await session.release();
  await engine.close?.();`;

it.each([
  ['onnxruntimeNode', `import { onnxruntimeNode } from '${engine}'; const engine = onnxruntimeNode({ threads: 1 });`],
  ['threadedEngine', `import { threadedEngine } from '${thread}'; const engine = threadedEngine({ threads: 1 });`],
])('%s writes no telemetry id to the home folder', (_, make) => {
  expect(left(run(make))).toEqual([]);
});

it('onnxruntime-node alone writes a telemetry id to the home folder', () => {
  const program = `
    import onnxruntime from '${import.meta.resolve('onnxruntime-node')}';
    await onnxruntime.InferenceSession.create('models/cifar10/model.onnx');`;
  expect(left(program).some((file) => file.endsWith('deviceid'))).toBe(true);
});
