/**
 * The schema library without the translations of its messages (264 kB of JavaScript): the Worker's build puts it in
 * the place of `zod` (`[alias]` in wrangler.toml), because a library that is handed the whole namespace keeps all of it.
 */
export * from './parts.ts';
export * as z from './parts.ts';
