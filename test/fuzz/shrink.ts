/** Shrinking of an input that shows a fault, so that a person can read it. */

const MAX_TRIES = 2000;

/**
 * Removes parts of an input for as long as the fault stays: halves first, then ever smaller parts (delta debugging).
 * @param fails true for an input that still shows the fault
 * @see https://doi.org/10.1109/32.988498
 */
export async function shrink(
  input: Uint8Array,
  fails: (candidate: Uint8Array) => Promise<boolean>,
  maxTries = MAX_TRIES,
): Promise<Uint8Array> {
  let smallest = input;
  let tries = 0;
  for (let size = Math.ceil(input.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < smallest.length && tries < maxTries; ) {
      const candidate = without(smallest, at, size);
      tries++;
      if (await fails(candidate)) smallest = candidate;
      else at += size;
    }
  }
  return smallest;
}

function without(bytes: Uint8Array, at: number, size: number): Uint8Array {
  const kept = new Uint8Array(bytes.length - Math.min(size, bytes.length - at));
  kept.set(bytes.subarray(0, at));
  kept.set(bytes.subarray(at + size), at);
  return kept;
}
