/** Reader of JSON files. */
import { readFile } from 'node:fs/promises';

/** The object in a file; empty where there is no such file. */
export async function readJson(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch(() => '{}');
  return JSON.parse(text) as Record<string, unknown>;
}
