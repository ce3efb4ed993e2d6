/** Locations of this project's tools, for its scripts. Paths are relative to the project's folder. */

/** The Node that runs everything once the packages are installed; the machine's own only starts `setup.mjs`. */
export const PINNED_NODE =
  process.platform === 'win32' ? 'node_modules/node/bin/node.exe' : 'node_modules/node/bin/node';

/**
 * Scripts that write files from others, into `generated/` or `docs/`. Each takes `--check`, which writes nothing and fails
 * when a file is outdated.
 */
export const GENERATORS = [
  'scripts/generate-plugins.ts',
  'scripts/build-pages.ts',
  'scripts/generate-operators.ts',
  'scripts/generate-families.ts',
  'scripts/generate-methods.ts',
  'scripts/build-assets.ts',
  'scripts/generate-routes.ts',
  'scripts/generate-errors.ts',
  'scripts/generate-tasks.ts',
  'scripts/generate-api.ts',
  'scripts/generate-plugin-reference.ts',
  'scripts/generate-notices.ts',
  'scripts/draw-architecture.ts',
];

/** wrangler and all it starts stay on this machine: no metrics, error reports, update checks, prompts or downloads. */
export const OFFLINE_WRANGLER = {
  CI: '1',
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  WRANGLER_NO_SKILLS_UPDATE_PROMPTS: 'true',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
};
