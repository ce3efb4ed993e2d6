/** Models that an edge lets an origin inspect, one after the other. */
import { createHash } from 'node:crypto';
import { WhylightError } from '../../src/core/errors.ts';
import type { ModelBundle } from '../../src/edge/models/model-bundle.ts';
import { OriginClient } from '../../src/edge/origin/origin-client.ts';
import { OriginRunner } from '../../src/edge/origin/origin-runner.ts';

const DEADLINE_MS = 120_000;

/**
 * Has models inspected at the origin with this URL.
 * @returns for each model that was not accepted, the code of the error
 */
export async function inspectUploads(url: string, secret: string, models: readonly Uint8Array[]): Promise<string[]> {
  const runner = new OriginRunner(new OriginClient({ urls: [url], secret }));
  const refusals: string[] = [];
  for (const [i, model] of models.entries()) {
    try {
      await runner.inspect(`upload-${i}`, { bundle: bundleOf(`upload-${i}`, model), deadline: DEADLINE_MS });
    } catch (error) {
      if (!WhylightError.is(error)) throw error;
      refusals.push(error.code);
    }
  }
  return refusals;
}

function bundleOf(name: string, model: Uint8Array): ModelBundle {
  const manifest = new TextEncoder().encode(JSON.stringify({ name, version: '1', file: 'model.onnx' }));
  const files = { 'manifest.json': manifest, 'model.onnx': model };
  const digests = Object.entries(files).map(([path, bytes]) => [path, sha256(bytes), bytes] as const);
  return {
    files: Object.fromEntries(digests.map(([path, digest]) => [path, digest])),
    open: async (wanted) => {
      const [, , bytes] = digests.find(([, digest]) => digest === wanted) as (typeof digests)[number];
      return new Blob([bytes as Uint8Array<ArrayBuffer>]).stream();
    },
  };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
