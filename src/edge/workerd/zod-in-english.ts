/**
 * The schema library without the translations of its messages (264 kB of JavaScript): the Worker's build puts it in
 * the place of `zod` (`[alias]` in wrangler.toml), because a library that is handed the whole namespace keeps all of it.
 */
export * from 'zod/v4';

/** These take precedence over the exports of the same names above; `core` holds the translations once more. */
export const locales = {};
export const core = {};
export * as z from './zod-in-english.ts';
