/** Links and headings of pages, as the site has them. */
import { posix } from 'node:path';
import { addressOf } from './page.ts';

/** Anchor of a heading, as GitHub makes it. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
    .trim()
    .replaceAll(' ', '-');

/**
 * Rewrites links in HTML from files of the repository to pages of the site. Links to files that are no pages become text.
 * @param stem path of the page below `docs/`, without `.md`
 */
export const withSiteLinks = (html: string, stem: string): string =>
  html.replaceAll(/<a href="([^"]+)">([\s\S]*?)<\/a>/g, (whole, href: string, text: string) => {
    if (/^([a-z]+:|#)/.test(href)) return whole;
    const [path = '', anchor] = href.split('#');
    const target = posix.normalize(posix.join(posix.dirname(stem), path));
    if (target === '../README.md') return `<a href="${upFrom(stem)}index.html">${text}</a>`;
    if (target.startsWith('..') || !path.endsWith('.md')) return text;
    const address = posix.relative(posix.dirname(stem) || '.', addressOf(target.replace(/\.md$/, '')));
    return `<a href="${address}${anchor === undefined ? '' : `#${anchor}`}">${text}</a>`;
  });

const upFrom = (stem: string): string => '../'.repeat(stem.split('/').length - 1);

/** Gives headings the ids that links name. */
export function withAnchors(html: string): string {
  const used = new Map<string, number>();
  return html.replaceAll(/<h([1-6])>([\s\S]*?)<\/h\1>/g, (_, level: string, inner: string) => {
    const anchor = anchorOf(plainText(inner));
    const count = used.get(anchor) ?? 0;
    used.set(anchor, count + 1);
    return `<h${level} id="${count === 0 ? anchor : `${anchor}-${count}`}">${inner}</h${level}>`;
  });
}

/** Text of HTML without its elements. */
export const plainText = (html: string): string =>
  html.replaceAll(/<[^>]*>/g, '').replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => SIGNS[name] as string);

const SIGNS: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
