import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { noCache } from '../../src/edge/cache/result-cache.ts';
import type { Log } from '../../src/edge/observe/log.ts';
import { onnxruntimeNode } from '../../src/node/onnxruntime-node.ts';
import { originServices } from '../../src/node/origin-services.ts';
import { expectOnlyReplaced } from '../support/replaced-parts.ts';

const engine = onnxruntimeNode({ threads: 1 });
const options = {
  models: { cifar10: 'models/cifar10' },
  secret: 'a secret that has more than 32 characters',
  provider: 'cpu',
  runs: 1,
  waiting: 1,
  delay: 1,
  log: () => undefined,
};

describe('originServices', () => {
  it('replaces the engine and starts no other one', async () => {
    const { services } = await originServices(options, { engine });
    expect(services.explainer.engine).toBe(engine);
  });

  it('replaces the cache and nothing else', async () => {
    const { services } = await originServices(options, { engine });
    const cache = { ...noCache };
    const replaced = await originServices(options, { engine, cache });
    expectOnlyReplaced(services, replaced.services, 'cache', cache);
  });

  it('serves edges only when it has a secret', async () => {
    const { secret: _, ...open } = options;
    const { services } = await originServices(open, { engine });
    expect(services.asOrigin).toBeUndefined();
  });

  it('warns of a disk that is smaller than the uploaded models may become', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'whylight-disk-'));
    const warnings: unknown[] = [];
    const log: Log = (level, message, facts) => void (level === 'warn' && warnings.push([message, facts]));
    try {
      await originServices({ ...options, log, uploads: { folder, bytes: 2 ** 20 } }, { engine });
      expect(warnings).toEqual([]);
      await originServices({ ...options, log, uploads: { folder, bytes: 2 ** 60 } }, { engine });
      expect(warnings).toEqual([
        [
          'the disk is smaller than the uploaded models may become',
          expect.objectContaining({ folder, uploads_mib: 2 ** 40, disk_mib: expect.any(Number) }),
        ],
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
