import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createEdge } from '../../src/package/edge-node.ts';
import saliency from '../../src/plugins/gradient/saliency.ts';

const settings = { methods: [saliency], models: { cifar10: 'models/cifar10' } };

async function problemOf(models: Readonly<Record<string, string>>) {
  const lines: string[] = [];
  const log = (_: unknown, message: string, facts = {}) => void lines.push(`${message} ${JSON.stringify(facts)}`);
  const edge = createEdge({ ...settings, models, parts: { log } });
  const response = await edge.fetch(new Request('http://whylight.test/v2/models/broken'));
  return { status: response.status, lines: lines.join('\n') };
}

describe('createEdge in Node', () => {
  it('serves the methods and models of its settings', async () => {
    const edge = createEdge({ ...settings, parts: { log: () => undefined } });
    const methods = await edge.fetch(new Request('http://whylight.test/v2/methods'));
    expect(((await methods.json()) as { methods: { id: string }[] }).methods.map(({ id }) => id)).toEqual(['saliency']);
    const models = await edge.fetch(new Request('http://whylight.test/v2/models'));
    expect(await models.json()).toEqual({ models: [{ name: 'cifar10' }] });
  });

  it('replaces the log by a part of its settings', async () => {
    const lines: string[] = [];
    const edge = createEdge({ ...settings, parts: { log: (_, message) => void lines.push(message) } });
    await edge.fetch(new Request('http://whylight.test/v2'));
    expect(lines).toEqual(['request']);
  });

  it('logs that a model file is missing, or why it cannot be read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'whylight-broken-'));
    const missing = await problemOf({ broken: folder });
    expect(missing.status).toBe(500);
    expect(missing.lines).toContain('manifest.json is missing');
    // A folder in place of a file fails for every user, where a file without permissions would not for root.
    rmSync(folder, { recursive: true });
    writeFileSync(folder, '');
    const unreadable = await problemOf({ broken: folder });
    expect(unreadable.status).toBe(500);
    expect(unreadable.lines).toContain('ENOTDIR');
    expect(unreadable.lines).not.toContain('is missing');
    rmSync(folder);
  });
});
