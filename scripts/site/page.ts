/** Frame of a page of the site: navigation, search and content. */
import { CHAPTERS } from './chapters.ts';

/** Address of a page below the site, by its path without `.md`. The generated page of the API has `api`. */
export const addressOf = (stem: string): string =>
  `${stem === 'api' ? 'http' : stem.replace(/(^|\/)README$/, '$1index')}.html`;

/** Text for HTML. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] as string);

export interface PageToFrame {
  /** Path below `docs/`, without `.md`. */
  readonly stem: string;
  readonly content: string;
  /** Title of each page, by path. */
  readonly titles: ReadonlyMap<string, string>;
}

/** A whole page, which loads nothing but files of the site. */
export function framed({ stem, content, titles }: PageToFrame): string {
  const up = '../'.repeat(stem.split('/').length - 1);
  const title = titles.get(stem) ?? stem;
  const item = (page: string): string => {
    const here = page === stem ? ' aria-current="page"' : '';
    return `<li><a href="${up}${addressOf(page)}"${here}>${escaped(titles.get(page) ?? page)}</a></li>`;
  };
  const chapters = CHAPTERS.map(
    (chapter) =>
      `<h2>${chapter.title}</h2><ul>${chapter.pages
        .filter((page) => titles.has(page))
        .map(item)
        .join('')}</ul>`,
  ).join('');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)} – whylight</title>
<link rel="icon" href="${up}icon.svg">
<link rel="stylesheet" href="${up}site.css">
<script type="module" src="${up}search.js" data-up="${up}"></script>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<a class="name" href="${up}index.html">whylight</a>
<search><label>Search <input type="search" id="search" autocomplete="off" aria-controls="found"></label>
<ul id="found" hidden></ul></search>
</header>
<div class="columns">
<details class="chapters" open><summary>Pages</summary><nav aria-label="Pages">${chapters}<h2>Reference</h2><ul><li><a href="${up}api">HTTP operations</a></li></ul></nav></details>
<main id="content">${content}</main>
</div>
</body>
</html>
`;
}
