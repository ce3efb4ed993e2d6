import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { NEEDS } from '../../scripts/methods/needs.ts';
import { parseWords, readWords, SECTIONS } from '../../scripts/methods/words.ts';
import { parseParams } from '../../src/core/method/params.ts';
import { parameterSchemas } from '../../src/core/method/schema.ts';

/** Members of an answer and of a request beside the parameters. */
const ANSWER = ['baseline_score', 'convergence_delta', 'standard_error', 'preset', 'scores', 'seed'];

const words = readWords();
const ids = plugins.map(({ method }) => method.id);

describe('the documentation of methods', () => {
  it('exists for every method and for nothing else', () => {
    expect([...words.keys()].sort()).toEqual([...ids].sort());
  });

  it.each(plugins.map(({ method }) => method))('names only methods and parameters that exist: $id', (method) => {
    const text = Object.values(words.get(method.id) ?? {})
      .join('\n')
      .replaceAll(/```[\s\S]*?```|\$[^$]*\$/g, '');
    const prose = text.replaceAll(/`[^`]*`/g, '');
    const named = [...prose.matchAll(/\b[a-z]+(?:_[a-z]+)+\b/g)].map(([name]) => name);
    expect(named.filter((name) => !ids.includes(name))).toEqual([]);

    const parameters = parameterSchemas(method.params);
    // Choices are in the schema, or in the description where the schema lists none.
    const values = Object.values(parameters).flatMap((schema) => JSON.stringify(schema).match(/\b[a-z]\w+/g) ?? []);
    const known = new Set([...Object.keys(parameters), ...ANSWER, ...values]);
    const coded = [...text.matchAll(/`([a-z][a-z_]+)(?:=([a-z_0-9]+))?`/g)];
    expect(coded.map(([, name = '']) => name).filter((name) => !known.has(name))).toEqual([]);
    for (const [, name = '', value] of coded)
      if (value !== undefined) expect(() => parseParams(method, { [name]: value }), `${name}=${value}`).not.toThrow();
  });

  it('cites equation, section, algorithm or proposition of the paper', () => {
    const cited = plugins.flatMap(({ method: { id, about } }) => (about.paper?.where ? [{ id, ...about.paper }] : []));
    expect(cited.length).toBeGreaterThan(20);
    for (const { id, year, where } of cited) {
      expect(where, id).toMatch(
        /^(equations? \d+( (and|to) \d+)?|section \d[\d.]*|algorithms? \d( to \d)?|theorem \d|figure \d|propositions \d[\d.]*(, \d[\d.]*)* and \d[\d.]*)$/,
      );
      expect(readFileSync(`docs/methods/${id}.md`, 'utf8')).toContain(`(${year}), ${where}.`);
    }
  });

  it('is refused when a section is missing', () => {
    const whole = SECTIONS.map((title) => `## ${title}\n\ntext\n`);
    expect(parseWords(whole.join('\n'), 'whole.md')['The numbers']).toBe('text');
    expect(() => parseWords(whole.slice(1).join('\n'), 'half.md')).toThrow(/half\.md must have the sections Formula/);
    expect(() => parseWords(`${whole.join('\n')}## Formula`, 'twice.md')).toThrow(/twice\.md/);
  });
});

describe('the method chooser', () => {
  it('names only methods that exist, and each of them', () => {
    const named = new Set(NEEDS.flatMap(({ methods }) => methods));
    expect([...named].filter((id) => !ids.includes(id))).toEqual([]);
    expect(ids.filter((id) => !named.has(id))).toEqual([]);
  });

  it('links to headings and files that exist', () => {
    const text = readFileSync('docs/methods/README.md', 'utf8');
    const headings = [...text.matchAll(/^### (.*)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    );
    const anchors = [...text.matchAll(/\]\(#([^)]*)\)/g)].map(([, anchor]) => anchor);
    expect(anchors).toEqual(headings);
    for (const [, file = ''] of text.matchAll(/\]\(([^#)]+\.md)\)/g)) {
      expect(existsSync(`docs/methods/${file}`), file).toBe(true);
    }
  });
});
