/** Exports of zod but for its translations. */
export * from 'zod/v4';

/** These take precedence over the exports of the same names above; `core` and `z` hold the translations once more. */
export const locales = {};
export const core = {};
export const z = {};
