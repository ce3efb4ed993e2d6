/** Search of the site. The index is loaded when somebody goes to the field. */
import MiniSearch from 'minisearch';
import { SEARCH_OPTIONS, type Section } from './search-options.ts';

/** Results that are shown at most. */
const SHOWN = 12;

const field = document.querySelector<HTMLInputElement>('#search');
const found = document.querySelector<HTMLUListElement>('#found');
const up = document.querySelector<HTMLScriptElement>('script[data-up]')?.dataset.up ?? '';

let index: Promise<MiniSearch<Section>> | undefined;

function load(): Promise<MiniSearch<Section>> {
  index ??= fetch(new URL(`${up}search.json`, location.href))
    .then((response) => response.text())
    .then((text) => MiniSearch.loadJSON<Section>(text, SEARCH_OPTIONS));
  return index;
}

async function show(words: string): Promise<void> {
  if (!found) return;
  const results = words.trim() === '' ? [] : (await load()).search(words).slice(0, SHOWN);
  found.hidden = words.trim() === '';
  found.replaceChildren(
    ...results.map(({ id, title, heading }) => {
      const link = document.createElement('a');
      link.href = `${up}${id}`;
      link.textContent = heading && heading !== title ? `${title}: ${heading}` : String(title);
      const item = document.createElement('li');
      item.append(link);
      return item;
    }),
  );
  if (results.length === 0 && !found.hidden) {
    const item = document.createElement('li');
    item.textContent = 'No page has these words.';
    found.append(item);
  }
}

field?.addEventListener('focus', () => void load(), { once: true });
field?.addEventListener('input', () => void show(field.value));
// A phone has no room for all pages above the content.
if (matchMedia('(max-width: 60rem)').matches) document.querySelector('.chapters')?.removeAttribute('open');
