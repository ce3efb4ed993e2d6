/** A copy of the project whose Worker has an operator. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PINNED_NODE } from '../../scripts/tools.mjs';
import { makeProject, type Project } from './project.ts';

/** Key of the operator: all scopes. */
export const OPERATOR_KEY = 'operator-of-this-copy';

/** @throws Error where the configuration does not build */
export async function makeOperatedProject(): Promise<Project> {
  const project = await makeProject();
  const file = join(project.folder, 'plugins.config.json');
  const config = JSON.parse(await readFile(file, 'utf8'));
  const sha256 = createHash('sha256').update(OPERATOR_KEY).digest('hex');
  config.tenants.operator = { operator: true, keys: [{ sha256, scopes: ['predict', 'explain', 'admin'] }] };
  await writeFile(file, JSON.stringify(config));
  await promisify(execFile)(join(process.cwd(), PINNED_NODE), ['scripts/generate-plugins.ts'], { cwd: project.folder });
  return project;
}
