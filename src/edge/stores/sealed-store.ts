/** Stores whose entries carry a checksum, checked page by page: a request cannot walk over all of a large one. */
import { unseal } from '../../protocol/sealed.ts';

/** Result of the check of some entries. */
export interface CheckedPage {
  readonly checked: number;
  readonly bytes: number;
  /** Keys of the entries whose checksum is wrong. */
  readonly damaged: readonly string[];
  /** Position of the next page; absent at the end. */
  readonly cursor?: string;
}

/** A store of sealed entries. */
export interface SealedStore {
  /** Lists keys from a position on. */
  list(cursor: string | undefined): Promise<{ readonly keys: readonly string[]; readonly cursor?: string }>;
  /** @returns undefined for an entry that is gone by now */
  read(key: string): Promise<Uint8Array | undefined>;
}

/** Stores of a server: cached answers with compiled graphs, and questions and results of jobs. */
export const SEALED_STORES = ['answers', 'jobs'] as const;
export type SealedStores = Readonly<Partial<Record<(typeof SEALED_STORES)[number], SealedStore>>>;

/** Maximum number of entries that are checked at once: a request may ask the platform only so often. */
export const PAGE = 100;

/** Checks one page of a store. */
export async function checkPage({ list, read }: SealedStore, cursor: string | undefined): Promise<CheckedPage> {
  const page = await list(cursor);
  const damaged: string[] = [];
  let bytes = 0;
  for (const key of page.keys) {
    const sealed = await read(key);
    if (!sealed) continue;
    bytes += sealed.byteLength;
    if (!(await unseal(key, sealed))) damaged.push(key);
  }
  return { checked: page.keys.length, bytes, damaged, ...(page.cursor !== undefined && { cursor: page.cursor }) };
}
