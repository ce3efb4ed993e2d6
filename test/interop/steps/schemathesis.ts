/** Schemathesis over the OpenAPI document: no fault, nothing undocumented, nothing invalid accepted. */
import { join } from 'node:path';
import { FOLDER, python } from '../environments.ts';
import type { Row } from '../rows.ts';
import { run } from '../run.ts';
import type { Server } from '../servers.ts';
import { type Step, script, unrun } from './step.ts';

const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'unsupported_method',
  'ignored_auth',
];

export const schemathesis: Step = async ({ servers, seconds }) => {
  const rows: Row[] = [];
  for (const server of servers) {
    try {
      const binary = await python('schemathesis');
      rows.push(await checked(binary, server, seconds));
    } catch (reason) {
      rows.push(unrun(server.name, 'schemathesis', reason));
    }
  }
  return rows;
};

async function checked(binary: string, { name, address, key }: Server, seconds: number): Promise<Row> {
  const tool = join(FOLDER, 'schemathesis/bin/schemathesis');
  const args = [
    ...[tool, '--no-color', '--config-file', script('schemathesis.toml'), 'run', `${address}/openapi.json`],
    ...['--checks', CHECKS.join(), '--max-examples', '20', '--max-time', `${seconds}`, '--continue-on-failure'],
    ...['--no-shrink', '--seed', '1', '--workers', '1', '--request-timeout', '60', '--suppress-health-check', 'all'],
    ...(key === undefined ? [] : ['--header', `Authorization: Bearer ${key}`]),
  ];
  // It keeps a cache in its working directory.
  const { output } = await run(binary, args, { cwd: FOLDER });
  const sent = /([\d,]+) generated/.exec(output)?.[1];
  const failures = /(\d+) unique failures?/.exec(output)?.[1] ?? '0';
  const isRight =
    sent !== undefined && failures === '0' && !/[1-9]\d* errors?/.test(output.split('SUMMARY').at(-1) ?? '');
  const detail = isRight ? `${sent} cases` : `${sent ?? 0} cases, ${failures} failures: ${excerpt(output)}`;
  return { server: name, client: 'schemathesis', operation: 'all operations', result: isRight ? 'ok' : 'FAIL', detail };
}

/** Names of the failures, without the bodies. */
const excerpt = (output: string): string =>
  [...new Set([...output.matchAll(/^- (.+)$/gm)].map(([, text]) => text))].join('; ') || output.slice(-200);
