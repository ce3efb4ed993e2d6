/** Manifest of an upload: checked against the files that came with it. */
import { WhylightError } from '../../core/errors.ts';
import { type Manifest, parseManifest } from '../../core/model/manifest.ts';
import { pointerTo } from '../http/violations.ts';
import type { Upload } from './upload.ts';

/** Converts issues of the manifest to violations with positions in the body. */
export function inTheBody({ issues, ...details }: WhylightError['details']): WhylightError['details'] {
  if (!Array.isArray(issues)) return details;
  const errors = (issues as { entry: string; message: string }[]).map(({ entry, message }) => ({
    detail: message,
    pointer: pointerTo(['manifest', ...entry.split('.').filter((name) => name !== '')]),
  }));
  return { ...details, errors };
}

/** Text files beside a model, which the manifest need not name: tokenizer.json, vocab.txt, config.json, background rows. */
const BESIDE = /\.(json|txt|csv)$/i;

/** Checks the manifest. Name and version of the path override its own. */
export function manifestFor({ manifest, files }: Upload, name: string, version: string): Manifest {
  const [first] = files;
  const checked = parseManifest({ file: first?.path, ...manifest, name, version }, 'The manifest');
  const named = [checked.file, ...checked.external, ...(typeof checked.labels === 'string' ? [checked.labels] : [])];
  const missing = named.filter((path) => !files.some((file) => file.path === path));
  const unused = files.filter(({ path }) => !named.includes(path) && !BESIDE.test(path)).map(({ path }) => path);
  if (missing.length + unused.length === 0) return checked;
  throw new WhylightError(
    'invalid_config',
    `The files do not fit the manifest: ${[
      missing.length > 0 ? `${missing.join(', ')} is missing` : '',
      unused.length > 0 ? `${unused.join(', ')} is not named there` : '',
    ]
      .filter(Boolean)
      .join('; ')}.`,
    { missing, unused },
  );
}
