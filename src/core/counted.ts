/**
 * A noun in the form for a number.
 * @example noun(1, 'class') // 'class'
 * @example noun(2, 'class') // 'classes'
 * @example noun(2, 'box') // 'boxes'
 * @example noun(2, 'series') // 'series'
 */
export const noun = (count: number, singular: string): string =>
  count === 1 || singular.endsWith('series') ? singular : `${singular}${/(s|x|sh)$/.test(singular) ? 'es' : 's'}`;

/**
 * A number with its noun.
 * @example counted(1, 'image') // '1 image'
 */
export const counted = (count: number, singular: string): string => `${count} ${noun(count, singular)}`;

/**
 * A noun with its indefinite article, by its first letter.
 * @example withArticle('AVIF file') // 'an AVIF file'
 */
export const withArticle = (noun: string): string => `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`;
