/**
 * The words of the methods: a Markdown file beside each plugin, named like it, with the sections below. They stay out of
 * the method itself, so that no Worker carries them.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export const SECTIONS = ['Formula', 'The numbers', 'Use it when', 'Look elsewhere when'] as const;
export type Section = (typeof SECTIONS)[number];
export type Words = Readonly<Partial<Record<Section, string>>>;

/** By method id. @throws Error for a file that has other sections, or in another order. */
export function readWords(folder = 'src/plugins'): Map<string, Words> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
  return new Map(files.map((name) => [idOf(name), parseWords(readFileSync(join(folder, name), 'utf8'), name)]));
}

const idOf = (file: string): string => basename(file, '.md').replaceAll('-', '_');

export function parseWords(text: string, name: string): Words {
  const [before = '', ...parts] = text.split(/^## /m);
  const sections = parts.map((part): [string, string] => {
    const end = part.indexOf('\n');
    return [part.slice(0, end).trim(), part.slice(end).trim()];
  });
  const titles = sections.map(([title]) => title);
  const empty = sections.find(([, body]) => body === '');
  if (before.trim() !== '' || empty || titles.join() !== SECTIONS.join()) {
    throw new Error(
      `${name} must have the sections ${SECTIONS.join(', ')}, each with text, and has ${titles.join(', ')}.`,
    );
  }
  return Object.fromEntries(sections);
}
