/** References of papers by their identifiers, for `about.paper` of methods. */
import type { Paper } from './contract.ts';

/**
 * Refers to a paper by its arXiv identifier.
 * @param where location of the formula in the paper, such as `equation 1`
 *
 * @example
 * import { arxiv } from 'whylight/plugin';
 * const about = { title, summary, paper: arxiv('1703.01365', 2017, 'Axiomatic Attribution for Deep Networks') };
 * @see https://info.arxiv.org/help/arxiv_identifier.html
 */
export const arxiv = (id: string, year: number, title: string, where?: string): Paper =>
  paper(`https://arxiv.org/abs/${id}`, year, title, where);

/**
 * Refers to a paper by its digital object identifier.
 * @param where location of the formula in the paper, such as `equation 1`
 *
 * @example
 * import { doi } from 'whylight/plugin';
 * const about = { title, summary, paper: doi('10.1023/A:1010933404324', 2001, 'Random Forests') };
 * @see https://www.doi.org
 */
export const doi = (id: string, year: number, title: string, where?: string): Paper =>
  paper(`https://doi.org/${id}`, year, title, where);

const paper = (url: string, year: number, title: string, where?: string): Paper => ({
  title,
  year,
  url,
  ...(where !== undefined && { where }),
});
