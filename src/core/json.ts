/** JSON that people write: a mistake is reported with its place. */
import { WhylightError } from './errors.ts';

/**
 * @param where the file, for messages
 * @throws WhylightError `invalid_config` with line and column.
 */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const at = /position (\d+)/.exec(reason);
    const before = text.slice(0, at ? Number(at[1]) : text.length).split('\n');
    const [line, column] = [before.length, (before.at(-1)?.length ?? 0) + 1];
    throw new WhylightError(
      'invalid_config',
      `${where}, line ${line}, column ${column}: not valid JSON (${reason.replace(/ in JSON at position.*| \(line.*/, '')}).`,
      { file: where, line, column },
    );
  }
}
