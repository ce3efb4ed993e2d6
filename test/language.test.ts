/** Rules of wording that hold in every file of the project; CONTRIBUTING.md states them. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDERS = ['src', 'test', 'scripts', 'bench', 'examples'];

/** Name of a limit that should begin with MAX_ or MIN_. */
const LIMIT = /\b(?:MOST|LEAST|LONGEST|FEWEST)_/;
/** First words of a doc comment that is a clause, not a description; the comment may begin on its second line. */
const CLAUSE = /^\s*\/\*\*\s+(?:\*\s+)?(?:What|Where|Whether|When|Which|Why|Of|How|Whoever|Whatever)\b/m;

const sources = FOLDERS.flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
)
  .filter((file) => /\.(?:tsx?|mjs)$/.test(file) && !/(?:^|\/)(?:node_modules|generated|dist)\//.test(file))
  .filter((file) => file !== join('test', 'language.test.ts'))
  .map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }));

const matching = (pattern: RegExp) => sources.filter(({ text }) => pattern.test(text)).map(({ file }) => file);

it('the forbidden wordings are found', () => {
  expect('const MOST_ROWS = 1;').toMatch(LIMIT);
  expect('const MAX_ROWS = 1;').not.toMatch(LIMIT);
  for (const comment of ['/** What it is. */', '  /**\n   * Where it is.\n   */']) expect(comment).toMatch(CLAUSE);
  for (const comment of ['/** Offset of a row. */', '/** Howard. */']) expect(comment).not.toMatch(CLAUSE);
});

it('limits are named MAX_ and MIN_ in every file', () => {
  expect(matching(LIMIT)).toEqual([]);
});

it('every doc comment begins with a noun or a verb', () => {
  expect(matching(CLAUSE)).toEqual([]);
});
