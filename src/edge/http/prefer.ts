/** The `Prefer` header (RFC 7240). */

/** Returns true if the client prefers an asynchronous answer (RFC 7240, 4.1). */
export const prefersAsync = (header: string | undefined): boolean =>
  (header ?? '').split(',').some((preference) => /^\s*respond-async\s*(;|$)/i.test(preference));
