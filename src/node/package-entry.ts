/** File that a package in a folder is imported by. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '../core/json.ts';

/** Conditions of `exports` that an import in Node meets. */
const CONDITIONS: readonly string[] = ['node', 'import', 'module-sync', 'default'];

/**
 * Finds the file that the package in a folder is imported by, as `exports` or `main` of its package.json names it.
 * @returns the path of the file, which may not be built yet; undefined for a path that is no folder of a package
 *
 * @example
 * packageEntry('./saliency-method-x'); // 'saliency-method-x/dist/index.js'
 */
export function packageEntry(folder: string): string | undefined {
  const manifest = join(folder, 'package.json');
  if (!existsSync(folder) || !statSync(folder).isDirectory() || !existsSync(manifest)) return undefined;
  const { exports, main } = parseJson(readFileSync(manifest, 'utf8'), manifest) as Record<string, unknown>;
  return join(folder, targetOf(exports) ?? (typeof main === 'string' ? main : 'index.js'));
}

/** Path behind the first condition that is met. */
function targetOf(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports;
  if (typeof exports !== 'object' || exports === null) return undefined;
  if ('.' in exports) return targetOf(exports['.']);
  for (const [condition, target] of Object.entries(exports)) {
    const found = CONDITIONS.includes(condition) ? targetOf(target) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
