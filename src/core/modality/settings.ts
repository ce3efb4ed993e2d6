/** Reading of a modality's settings out of a manifest. */
import type * as z from 'zod';
import { WhylightError } from '../errors.ts';
import { safeParse } from '../safe-parse.ts';

/** A problem of the settings, and the entry that has it; `''` for the settings as a whole. */
export interface SettingsIssue {
  readonly entry: string;
  readonly message: string;
}

/** Error for settings with these problems. */
export function wrongSettings(name: string, issues: readonly SettingsIssue[]): WhylightError {
  const text = issues.map(({ entry, message }) => (entry ? `"${entry}": ${message}` : message)).join('; ');
  return new WhylightError('invalid_config', `The settings of ${name} are wrong: ${text}.`, { issues });
}

/** Problems that a schema found. */
export const settingsIssues = (error: z.ZodError | undefined): SettingsIssue[] =>
  error?.issues.map(({ path, message }) => ({ entry: path.join('.'), message })) ?? [];

/**
 * Settings with their defaults.
 * @param source entry of the manifest; undefined where there is none
 * @param name name of the modality in messages
 * @throws WhylightError `invalid_config`
 */
export function parseSettings<S extends z.ZodObject>(schema: S, source: unknown, name: string): z.output<S> {
  const result = safeParse(schema, source ?? {});
  if (result.success) return result.data;
  throw wrongSettings(name, settingsIssues(result.error));
}
