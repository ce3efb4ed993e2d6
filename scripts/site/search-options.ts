/** Options of the index, the same where it is made and where it is read. */
import type { Options } from 'minisearch';

export interface Section {
  /** Address below the site, with the anchor. */
  readonly id: string;
  readonly title: string;
  readonly heading: string;
  readonly text: string;
}

export const SEARCH_OPTIONS: Options<Section> = {
  fields: ['title', 'heading', 'text'],
  storeFields: ['title', 'heading'],
  searchOptions: { boost: { title: 3, heading: 2 }, prefix: true, fuzzy: 0.1, combineWith: 'AND' },
};
