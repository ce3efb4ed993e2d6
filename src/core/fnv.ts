/** Hashes of numbers, for names and places in memory: quick, and not safe against those who look for collisions. */

/**
 * FNV-1a of 32 bits, which takes each number in whole.
 * @param values integers of 32 bits, such as bytes
 * @param seed offset basis; another one gives another hash of the same numbers
 * @returns an integer from 0 to 2^32 - 1
 * @see http://www.isthe.com/chongo/tech/comp/fnv/
 */
export function fnv1a(values: Iterable<number>, seed = 0x811c9dc5): number {
  let hash = seed;
  for (const value of values) hash = Math.imul(hash ^ value, 0x01000193);
  return hash >>> 0;
}
