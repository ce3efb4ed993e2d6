/** Clients from PyPI, unmodified. */
import { type PythonEnvironment, python } from '../environments.ts';
import type { Row } from '../rows.ts';
import { PHOTO, rowsOf, type Step, script, unrun } from './step.ts';

interface Client {
  readonly environment: PythonEnvironment;
  readonly file: string;
  readonly args?: readonly string[];
}

const CLIENTS: readonly Client[] = [
  { environment: 'triton', file: 'triton.py', args: ['sync'] },
  { environment: 'triton', file: 'triton.py', args: ['aio'] },
  { environment: 'kserve', file: 'kserve_sdk.py' },
  { environment: 'kserve', file: 'http_clients.py', args: [PHOTO] },
];

export const pythonClients: Step = async ({ servers }) => {
  const rows: Row[] = [];
  for (const { environment, file, args = [] } of CLIENTS) {
    try {
      const binary = await python(environment);
      for (const { name, address } of servers) {
        rows.push(...(await rowsOf(name, file, binary, [script(file), address, ...args])));
      }
    } catch (reason) {
      rows.push(unrun('-', file, reason));
    }
  }
  return rows;
};
