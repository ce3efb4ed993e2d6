/** SVG as text: elements with escaped contents, for drawings that are the same on every machine. */

/** A piece of markup; strings beside it are text and are escaped. */
export interface Markup {
  readonly markup: string;
}

export type SvgChild = Markup | string | number | false | null | undefined | readonly SvgChild[];

export type SvgAttributes = Readonly<Record<string, string | number | undefined>>;

/**
 * Makes an SVG element. Attributes that are undefined are left out; numbers have at most two decimals.
 * @example
 * svg('text', { x: 4, y: 12.345 }, 'a < b').markup; // '<text x="4" y="12.35">a &lt; b</text>'
 */
export function svg(name: string, attributes: SvgAttributes, ...children: SvgChild[]): Markup {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? decimal(value) : escapeXml(value as string)}"`)
    .join('');
  const content = children.map(contentOf).join('');
  return { markup: content === '' ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>` };
}

function contentOf(child: SvgChild): string {
  if (child === false || child === null || child === undefined) return '';
  if (typeof child === 'string') return escapeXml(child);
  if (typeof child === 'number') return decimal(child);
  return 'markup' in child ? child.markup : child.map(contentOf).join('');
}

export interface SvgDocumentOptions {
  readonly width: number;
  readonly height: number;
  /** Name of the drawing, for screen readers. */
  readonly title: string;
  /** Rules of a style sheet. */
  readonly style?: string;
}

/** Sans-serif letters of whatever machine shows the drawing; none are embedded. */
export const SVG_FONT = 'system-ui, -apple-system, "Segoe UI", "DejaVu Sans", Helvetica, Arial, sans-serif';

/** A whole drawing on white, as XML that stands alone or inside HTML. */
export function svgDocument({ width, height, title, style }: SvgDocumentOptions, ...children: SvgChild[]): string {
  return svg(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${decimal(width)} ${decimal(height)}`,
      width,
      height,
      role: 'img',
      'font-family': SVG_FONT,
      'font-size': 12,
    },
    svg('title', {}, title),
    style !== undefined && svg('style', {}, style),
    svg('rect', { width, height, fill: '#fff' }),
    ...children,
  ).markup;
}

/** Line of a caption at most, in characters: about the width of a drawing. */
const CAPTION_LENGTH = 90;

/** Sentences to stand below a drawing, broken into lines between words. */
export function captionSvg(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1);
    if (line === undefined || line.length + word.length >= CAPTION_LENGTH) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  const placed = lines.map((line, i) => svg('text', { x: 16, y: 16 + 18 * i }, line));
  return svgDocument({ width: 640, height: 18 * lines.length + 10, title: 'Caption' }, placed);
}

/** Drawings of {@link svgDocument}, one below the other, as one drawing. */
export function stackSvg(title: string, drawings: readonly string[]): string {
  let [width, height] = [0, 0];
  const placed = drawings.map((drawing) => {
    const [, own = 0, down = 0] = (/width="([\d.]+)" height="([\d.]+)"/.exec(drawing) ?? []).map(Number);
    const markup = drawing.replace('<svg ', `<svg y="${decimal(height)}" `);
    [width, height] = [Math.max(width, own), height + down];
    return { markup };
  });
  return svgDocument({ width, height, title }, placed);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that may stand in an element or an attribute. Characters that XML does not have become U+FFFD. */
export const escapeXml = (text: string): string =>
  text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] as string);

/** At most two decimals, none where they are zero. */
export const decimal = (value: number): string => String(Number(value.toFixed(2)) + 0);
