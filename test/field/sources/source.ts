/** Reader of one form in which a folder describes its models. */
import type { FieldCase } from '../expectation.ts';

export interface Described {
  /** Folder of the describing file. */
  readonly folder: string;
  /** The describing file. */
  readonly path: string;
  /** Content of the describing file. */
  readonly content: Readonly<Record<string, unknown>>;
  /** Paths of all files below {@link folder}, relative to it. */
  readonly files: readonly string[];
}

/** Cases of a describing file, named from its folder; undefined for a file of another form. */
export type Source = (described: Described) => Promise<readonly FieldCase[] | undefined>;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
