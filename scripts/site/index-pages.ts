/** Index of the site for its search: one entry for each section. */
import MiniSearch from 'minisearch';
import { plainText } from './links.ts';
import { SEARCH_OPTIONS, type Section } from './search-options.ts';

/** Sections of a page: from one heading to the next. @param address of the page below the site */
export function sectionsOf(html: string, address: string, title: string): Section[] {
  const parts = html.split(/(?=<h[1-3] id=")/);
  return parts.flatMap((part) => {
    const [, anchor, heading = ''] = /^<h[1-3] id="([^"]*)">([\s\S]*?)<\/h[1-3]>/.exec(part) ?? [];
    const text = plainText(part).replaceAll(/\s+/g, ' ').trim();
    if (text === '') return [];
    const id = anchor === undefined ? address : `${address}#${anchor}`;
    return [{ id, title, heading: plainText(heading), text }];
  });
}

/** The index as JSON, for `MiniSearch.loadJSON`. */
export function indexOf(sections: readonly Section[]): string {
  const index = new MiniSearch<Section>(SEARCH_OPTIONS);
  index.addAll(sections);
  return JSON.stringify(index);
}
