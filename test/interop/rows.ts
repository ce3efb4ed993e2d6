/** Results of checks: read from the output of scripts, printed as a table. */

export interface Row {
  readonly server: string;
  readonly client: string;
  readonly operation: string;
  readonly result: 'ok' | 'FAIL' | 'skip';
  readonly detail: string;
}

/** Line of our own scripts: JSON. */
const isOwn = (line: string): boolean => line.startsWith('{') && line.includes('"operation"');

/** Line of a table as foreign scripts print it: result, client, operation, milliseconds, detail. */
const FOREIGN = /^(ok|FAIL|absent)\s+(\S+)\s+(.+?)\s+(?:\d+ ms)?(?:\s{2,}(.*))?$/;

/** Reads the rows in the output of a script. */
export function rowsIn(output: string, server: string, script: string): Row[] {
  return output.split('\n').flatMap((line): Row[] => {
    if (isOwn(line)) return [{ server, ...(JSON.parse(line) as Omit<Row, 'server'>) }];
    const [, result, client = '', operation = '', detail = ''] = FOREIGN.exec(line.trimEnd()) ?? [];
    if (result === undefined) return [];
    const known = result === 'absent' ? 'skip' : (result as 'ok' | 'FAIL');
    return [{ server, client: `${script} ${client}`, operation, result: known, detail }];
  });
}

export function line({ server, client, operation, result, detail }: Row): string {
  const shown = result === 'ok' ? detail.slice(0, 60) : detail.slice(0, 300);
  return `${result.padEnd(4)}  ${server.padEnd(8)}  ${client.padEnd(24)}  ${operation.padEnd(56)}  ${shown}`;
}

/** Last line: `N passed, N failed, N skipped`. */
export function summary(rows: readonly Row[]): string {
  const count = (result: Row['result']) => rows.filter((row) => row.result === result).length;
  return `${count('ok')} passed, ${count('FAIL')} failed, ${count('skip')} skipped`;
}

/** Number of rows of each client and server, as a table. */
export function byClient(rows: readonly Row[]): string {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const name = `${row.server.padEnd(8)}  ${row.client.padEnd(32)}`;
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  return [...groups].map(([name, group]) => `${name}  ${summary(group)}`).join('\n');
}
