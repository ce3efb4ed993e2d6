/** Packages that `create-plugin` makes from the examples. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyExample } from '../../src/cli/copy-example.ts';

const EXAMPLES = readdirSync('examples').filter((name) => /^(saliency-method|metric|task|modality)-/.test(name));

const nameOf = (example: string): string => example.replace(/^(saliency-method|metric|task|modality)-/, '');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'whylight-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** @param old name that is replaced; that of the example when left out */
async function copyOf(example: string, name: string, title: string, old = nameOf(example)) {
  const target = mkdtempSync(join(folder, 'copy-'));
  await copyExample({
    source: resolve('examples', example),
    example: old,
    folder: target,
    name,
    title,
    description: `A method for whylight: ${title}.`,
  });
  const files = readdirSync(target, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((file) => [file.name, readFileSync(join(file.parentPath, file.name), 'utf8')] as const),
  );
}

describe('a copied example', () => {
  it.each(EXAMPLES)('of %s has no word of its old name in its id, title, description and README', async (example) => {
    const files = await copyOf(example, 'my-own', 'My Own');
    const old = nameOf(example);
    const words = new RegExp(old.replaceAll('-', '[-_ ]'), 'i');
    for (const [name, text] of Object.entries(files)) expect([name, words.exec(text)?.[0]]).toEqual([name, undefined]);
    expect(files['index.ts']).toContain("id: 'my_own'");
    expect(files['index.ts']).toContain("title: 'My Own'");
    expect(JSON.parse(files['package.json'] as string).description).toBe('A method for whylight: My Own.');
  });

  it('replaces whole words alone', async () => {
    const files = await copyOf('saliency-method-antithetic-contrast', 'my-own', 'My Own', 'contra');
    expect(files['index.ts']).toContain("title: 'Antithetic Contrast'");
  });

  it('takes a title with an apostrophe', async () => {
    const files = await copyOf('saliency-method-rectified-backprop', 'mfpp', "Anna's MFPP");
    expect(files['index.ts']).toContain("title: 'Anna\\'s MFPP'");
    expect(files['README.md']).toContain("Anna's MFPP: the gradient");
  });
});
