/** Base64 of any length. */

/** @returns base64 with padding, as data addresses take it */
export function base64(bytes: Uint8Array): string {
  let text = '';
  // Engines bound the number of arguments of a call.
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
}
