/** Linters of OpenAPI documents, with their recommended rules. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeTools } from '../environments.ts';
import type { Row } from '../rows.ts';
import { run } from '../run.ts';
import { type Step, unrun } from './step.ts';

export const linters: Step = async ({ servers }) => {
  let folder: string;
  try {
    folder = await nodeTools();
  } catch (reason) {
    return [unrun('-', 'linters', reason)];
  }
  writeFileSync(join(folder, '.spectral.yaml'), 'extends: ["spectral:oas"]\n');
  const rows: Row[] = [];
  for (const { name, address } of servers) {
    const file = join(folder, `openapi-${name}.json`);
    writeFileSync(file, await (await fetch(`${address}/openapi.json`)).text());
    for (const [client, args] of [
      ['redocly', ['lint', '--format=stylish', file]],
      ['spectral', ['lint', '--fail-severity=error', file]],
    ] as const) {
      const { code, output } = await run(join(folder, 'node_modules/.bin', client), args, { cwd: folder });
      const detail = output.trim().split('\n').slice(-2).join(' ');
      rows.push({ server: name, client, operation: 'lint', result: code === 0 ? 'ok' : 'FAIL', detail });
    }
  }
  return rows;
};
