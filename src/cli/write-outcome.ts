/** Writes the drawing or the numbers of an outcome to the file that `-o` names. */
import { stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { svg } from '../core/modality/svg.ts';
import { drawAs, numbersOf, overlayOf } from '../library/draw-outcome.ts';
import type { Outcome } from '../library/outcome.ts';
import { toJson } from '../library/outcome-json.ts';
import { nodeCodecs } from '../node/codecs.ts';
import { makeFolder, writeBytes } from '../node/files.ts';
import { UsageError } from './arguments.ts';

const FORMATS = ['png', 'svg', 'html', 'json', 'npy'] as const;
type Format = (typeof FORMATS)[number];

/** Writes one outcome. @returns the file; undefined for standard output and where nothing was explained */
export type Output = (outcome: Outcome, signed: boolean) => Promise<string | undefined>;

/**
 * Reads what `-o` names.
 * @param out a file whose extension is the format; a folder, where each outcome gets a file named after its input; or
 *   `-` for standard output. In the last two images become PNG and all else SVG.
 * @param count number of outcomes; with several, a file's name is numbered: `map-1.svg`, `map-2.svg`
 * @throws UsageError for another extension, and for several outcomes on standard output
 */
export async function outputFor(
  out: string,
  count: number,
  overlay: Readonly<Record<string, unknown>>,
): Promise<Output> {
  if (out === '-' && count > 1) throw new UsageError(`-o - takes one input, but there are ${count}: name a folder.`);
  const isFolder = /[\\/]$/.test(out) || (await stat(out).catch(() => undefined))?.isDirectory() === true;
  const format = FORMATS.find((name) => extname(out).toLowerCase() === `.${name}`);
  if (out !== '-' && !isFolder && !format) {
    const endings = FORMATS.map((name) => `.${name}`).join(', ');
    throw new UsageError(`-o takes a file that ends in ${endings}, or a folder (maps/), not "${out}".`);
  }
  const pathOf = isFolder ? await filesIn(out) : numbered(out, count);
  return async (outcome, signed) => {
    if (outcome.row.nothing !== undefined) return undefined;
    const usual = outcome.subject.image ? 'png' : 'svg';
    const content = await contentOf(outcome, (isFolder ? undefined : format) ?? usual, signed, overlay);
    if (out === '-') {
      process.stdout.write(content);
      return undefined;
    }
    const path = pathOf(outcome.subject.name, usual);
    await writeBytes(path, content);
    return path;
  };
}

/** Path of the next file, for the input with this name. */
type PathOf = (name: string, extension: string) => string;

function numbered(out: string, count: number): PathOf {
  const extension = extname(out);
  let written = 0;
  return () => (count > 1 ? `${out.slice(0, -extension.length)}-${++written}${extension}` : out);
}

/** Makes the folder. Inputs of the same name get a number behind it. */
async function filesIn(folder: string): Promise<PathOf> {
  await makeFolder(folder);
  const taken = new Set<string>();
  return (name, extension) => {
    // Rows of a table are named "file.csv, row 2".
    const stem = basename(name)
      .replace(/\.\w+(?=,|$)/, '')
      .replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')
      .replace(/^-$/, 'input');
    let path = join(folder, `${stem}.${extension}`);
    for (let i = 2; taken.has(path); i++) path = join(folder, `${stem}-${i}.${extension}`);
    taken.add(path);
    return path;
  };
}

async function contentOf(
  outcome: Outcome,
  format: Format,
  signed: boolean,
  overlay: Readonly<Record<string, unknown>>,
): Promise<string | Uint8Array> {
  if (format === 'json') return `${JSON.stringify(toJson(outcome, { values: true }), null, 2)}\n`;
  if (format === 'npy') return numbersOf(outcome);
  if (format === 'png') {
    const image = overlayOf(outcome, overlay);
    if (image) return nodeCodecs().encodePng(image);
  } else {
    const drawn = drawAs(format, outcome, signed, overlay);
    const { text } = outcome.row;
    if (drawn !== undefined) return format === 'html' && text ? `${drawn}${svg('p', {}, text).markup}` : drawn;
  }
  const kind = outcome.subject.image ? 'an image' : 'this input';
  const possible = outcome.subject.image ? 'png, json or npy' : 'svg, html, json or npy';
  throw new UsageError(`There is no ${format} drawing of ${kind}: use ${possible}.`);
}
