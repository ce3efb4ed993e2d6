/** Writes the drawing or the numbers of an outcome to the file that `-o` names. */
import { extname } from 'node:path';
import { svg } from '../core/modality/svg.ts';
import { drawAs, numbersOf, overlayOf } from '../library/draw-outcome.ts';
import type { Outcome } from '../library/outcome.ts';
import { toJson } from '../library/outcome-json.ts';
import { nodeCodecs } from '../node/codecs.ts';
import { writeBytes } from '../node/files.ts';
import { UsageError } from './arguments.ts';

const FORMATS = ['png', 'svg', 'html', 'json', 'npy'] as const;
type Format = (typeof FORMATS)[number];

/** Writes one outcome. @returns the file; undefined for standard output and where nothing was explained */
export type Output = (outcome: Outcome, signed: boolean) => Promise<string | undefined>;

/**
 * @param out a file whose extension is the format, or `-` for standard output: PNG for an image, SVG for all else
 * @param count number of outcomes; with several, the files are numbered: `map-1.svg`, `map-2.svg`
 * @throws UsageError for another extension, and for several outcomes on standard output
 */
export function outputFor(out: string, count: number, overlay: Readonly<Record<string, unknown>>): Output {
  if (out === '-' && count > 1) throw new UsageError(`-o - takes one input, but there are ${count}: name a file.`);
  const extension = extname(out);
  const given = FORMATS.find((format) => extension.toLowerCase() === `.${format}`);
  if (out !== '-' && !given) {
    throw new UsageError(
      `-o takes a file that ends in ${FORMATS.map((format) => `.${format}`).join(', ')}, not "${out}".`,
    );
  }
  let written = 0;
  return async (outcome, signed) => {
    if (outcome.row.nothing !== undefined) return undefined;
    const format = given ?? (outcome.subject.image ? 'png' : 'svg');
    const content = await contentOf(outcome, format, signed, overlay);
    if (out === '-') {
      process.stdout.write(content);
      return undefined;
    }
    const path = count > 1 ? `${out.slice(0, -extension.length)}-${++written}${extension}` : out;
    await writeBytes(path, content);
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
