/** Paths, checks and rows that the steps share. */
import { resolve } from 'node:path';
import { Unavailable } from '../environments.ts';
import { type Row, rowsIn } from '../rows.ts';
import { run } from '../run.ts';
import type { Server, Servers } from '../servers.ts';

export interface StepContext {
  /** Servers that compute by themselves. */
  readonly servers: readonly Server[];
  /** Starts further servers. */
  readonly starts: Servers;
  /** Folder of scripts of other people. */
  readonly scripts?: string;
  /** Seconds for checks that end by time. */
  readonly seconds: number;
}

/** A group of checks. @throws Unavailable with the reason why it cannot run */
export type Step = (context: StepContext) => Promise<Row[]>;

/** Photo of the checks that send an image. */
export const PHOTO = resolve('examples/photos/cat.jpg');

/** Path of one of our Python scripts. */
export const script = (name: string): string => resolve('test/interop/python', name);

/** Runs a Python script that prints rows; one that ends without any is a failed row. */
export async function rowsOf(
  server: string,
  name: string,
  python: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Row[]> {
  const { code, output } = await run(python, args, { env });
  const rows = rowsIn(output, server, name);
  const crashed = code !== 0 && !rows.some(({ result }) => result === 'FAIL');
  if (rows.length > 0 && !crashed) return rows;
  return [
    ...rows,
    { server, client: name, operation: 'the script itself', result: 'FAIL', detail: output.slice(-300) },
  ];
}

/** Row of a group of checks that could not run: skipped where something is not installed, failed for any other reason. */
export function unrun(server: string, client: string, reason: unknown): Row {
  const result = reason instanceof Unavailable ? 'skip' : 'FAIL';
  return {
    server,
    client,
    operation: 'all',
    result,
    detail: reason instanceof Error ? reason.message : String(reason),
  };
}
