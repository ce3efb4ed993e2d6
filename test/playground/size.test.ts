import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';

const FOLDER = fileURLToPath(new URL('../../generated/assets/playground', import.meta.url));

describe('the built playground', () => {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => /\.\w+$/.test(name));

  it('loads less than 150 kB of compressed page, styles and scripts', () => {
    const page = readFileSync(`${FOLDER}/index.html`, 'utf8');
    const loaded = files.filter((name) => name === 'index.html' || page.includes(name));
    expect(loaded.length).toBeGreaterThan(2);
    const bytes = loaded.reduce((sum, name) => sum + gzipSync(readFileSync(`${FOLDER}/${name}`)).length, 0);
    expect(bytes).toBeLessThan(150_000);
  });

  it('contains no key digests of the tenants', () => {
    const config = readFileSync(fileURLToPath(new URL('../../plugins.config.json', import.meta.url)), 'utf8');
    const digests = config.match(/[0-9a-f]{64}/g) ?? [];
    expect(digests.length).toBeGreaterThan(0);
    const texts = files
      .filter((name) => /\.(js|html|css)$/.test(name))
      .map((name) => readFileSync(`${FOLDER}/${name}`, 'utf8'));
    expect(digests.filter((digest) => texts.some((text) => text.includes(digest)))).toEqual([]);
  });
});
