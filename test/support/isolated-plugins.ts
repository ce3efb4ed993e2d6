/** Bad methods in threads of their own: each is written to a file that the thread loads. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Method } from '../../src/core/method/contract.ts';
import { isolate } from '../../src/node/isolation/load-isolated.ts';
import type { BadPlugin } from './bad-plugins.ts';

const SOURCE = fileURLToPath(new URL('bad-plugins.ts', import.meta.url));

/** Isolates methods; `remove` deletes their files. */
export async function isolatedPlugins(plugins: readonly BadPlugin[]) {
  const folder = mkdtempSync(join(tmpdir(), 'isolated-'));
  const methods: Method[] = [];
  for (const { method } of plugins) {
    const text = `import { BAD_PLUGINS, WORSE_PLUGINS } from ${JSON.stringify(SOURCE)};
export default [...BAD_PLUGINS, ...WORSE_PLUGINS].find(({ method }) => method.id === '${method.id}')?.method;
`;
    writeFileSync(join(folder, `${method.id}.ts`), text);
    methods.push(await isolate(`./${method.id}.ts`, folder));
  }
  return { methods, remove: () => rmSync(folder, { recursive: true }) };
}
