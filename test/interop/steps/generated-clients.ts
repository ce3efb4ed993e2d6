/** Clients that generators make from the OpenAPI document: they have to compile, and to infer, explain and administrate. */
import { cpSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PINNED_NODE } from '../../../scripts/tools.mjs';
import { FOLDER, nodeTools, python } from '../environments.ts';
import { type Row, rowsIn } from '../rows.ts';
import { type Ended, run } from '../run.ts';
import type { Server } from '../servers.ts';
import { rowsOf, type Step, script, unrun } from './step.ts';

export const generatedClients: Step = async ({ servers }) => {
  const rows: Row[] = [];
  for (const server of servers) {
    rows.push(...(await inTypeScript(server).catch((reason) => [unrun(server.name, 'openapi-typescript', reason)])));
    rows.push(...(await inPython(server).catch((reason) => [unrun(server.name, 'openapi-python-client', reason)])));
  }
  return rows;
};

async function inTypeScript({ name, address, key }: Server): Promise<Row[]> {
  const folder = await nodeTools();
  const bin = join(folder, 'node_modules/.bin/openapi-typescript');
  const made = await run(bin, [`${address}/openapi.json`, '-o', 'api.ts', '--default-non-nullable=false'], {
    cwd: folder,
  });
  const programs = ['typescript.ts', ...(key === undefined ? [] : ['typescript-admin.ts'])];
  for (const file of ['check.ts', ...programs]) cpSync(`test/interop/clients/${file}`, join(folder, file));
  const compilerOptions = {
    ...{ strict: true, module: 'nodenext', target: 'es2023', lib: ['es2023', 'dom'] },
    ...{ noEmit: true, skipLibCheck: true, allowImportingTsExtensions: true, types: ['node'] },
    typeRoots: [resolve('node_modules/@types')],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: programs }));
  const compiled = await run(resolve(PINNED_NODE), [resolve('node_modules/typescript/bin/tsc'), '-p', folder]);
  const rows = [rowOf('generates', name, made), rowOf('compiles', name, compiled)];
  for (const file of programs) {
    const ran = await run(resolve(PINNED_NODE), [file, address, key ?? ''], { cwd: folder });
    const calls = rowsIn(ran.output, name, 'openapi-typescript');
    rows.push(...(calls.length > 0 ? calls : [rowOf(file, name, ran)]));
  }
  return rows;
}

const rowOf = (operation: string, server: string, { code, output }: Ended): Row => ({
  server,
  client: 'openapi-typescript',
  operation,
  result: code === 0 ? 'ok' : 'FAIL',
  detail: code === 0 ? '' : output.slice(-300),
});

async function inPython({ name, address, key }: Server): Promise<Row[]> {
  const binary = await python('generator');
  const folder = join(FOLDER, 'generated-python');
  rmSync(folder, { recursive: true, force: true });
  const tool = join(FOLDER, 'generator/bin/openapi-python-client');
  const made = await run(binary, [tool, 'generate', '--url', `${address}/openapi.json`, '--output-path', folder]);
  const isMade = existsSync(join(folder, 'whylight_client'));
  const row: Row = {
    server: name,
    client: 'openapi-python-client',
    operation: 'generates',
    result: isMade ? 'ok' : 'FAIL',
    detail: isMade ? '' : made.output.slice(-300),
  };
  const args = [script('generated_client.py'), address, key ?? '-', folder];
  return [row, ...(await rowsOf(name, 'openapi-python-client', binary, args))];
}
