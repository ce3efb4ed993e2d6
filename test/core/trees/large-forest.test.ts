/** Forests that are too large for objects: in a small heap, and without the engine's linear memory. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { float32 } from '../../../src/core/tensor/tensor.ts';
import { onnxruntimeNode } from '../../../src/node/onnxruntime-node.ts';
import { runScript } from '../../support/command-line.ts';
import { forestFile } from './large-forest.ts';

const SCRIPT = fileURLToPath(new URL('explain-large-forest.ts', import.meta.url));
const MIB = 2 ** 20;
const COLUMNS = 20;

describe('a forest of 1,000 trees of depth 8', () => {
  it('is predicted and explained by tree_shap in a heap of 48 MiB, beside 96 MiB of buffers and no memory of the engine', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'whylight-forest-'));
    try {
      const file = forestFile(1000, 8, COLUMNS);
      const path = join(folder, 'model.onnx');
      await writeFile(path, file);
      const { code, stdout, stderr } = runScript('--max-old-space-size=48', SCRIPT, path, String(COLUMNS));
      expect(stderr).toBe('');
      expect(code).toBe(0);
      const { prediction, score, sum, baseline, buffers, wasm } = JSON.parse(stdout);
      const session = await onnxruntimeNode().load({ graph: file });
      const { scores } = await session.run({
        x: float32(
          [1, COLUMNS],
          Array.from({ length: COLUMNS }, (_, i) => Math.sin(i)),
        ),
      });
      await session.release();
      expect(prediction.score).toBeCloseTo(Number(scores?.data[0]), 4);
      expect(sum).toBeCloseTo(score - baseline, 4);
      expect(Math.abs(sum)).toBeGreaterThan(1);
      expect(buffers).toBeLessThan(96 * MIB);
      expect(wasm).toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
