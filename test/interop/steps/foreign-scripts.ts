/** Scripts of a folder that was given on the command line, each in the environment of its packages. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type PythonEnvironment, python } from '../environments.ts';
import type { Row } from '../rows.ts';
import { rowsOf, type Step, unrun } from './step.ts';

const ENVIRONMENTS: Readonly<Record<string, PythonEnvironment>> = {
  'triton_http.py': 'triton',
  'kserve_client.py': 'kserve',
};

export const foreignScripts: Step = async ({ servers, scripts }) => {
  if (scripts === undefined) return [];
  const rows: Row[] = [];
  for (const [file, environment] of Object.entries(ENVIRONMENTS)) {
    if (!existsSync(join(scripts, file))) continue;
    for (const { name, address } of servers) {
      try {
        const binary = await python(environment);
        const kinds = file === 'triton_http.py' ? ['sync', 'aio'] : [undefined];
        for (const kind of kinds) {
          const args = [join(scripts, file), '--url', address, ...(kind === undefined ? [] : ['--only', kind])];
          rows.push(...(await rowsOf(name, file, binary, args)));
        }
      } catch (reason) {
        rows.push(unrun(name, file, reason));
      }
    }
  }
  return rows;
};
