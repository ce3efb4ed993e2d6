/** Store of the requests and results of jobs; R2 in a Worker. */
export interface JobFiles {
  put(key: string, bytes: Uint8Array): Promise<void>;
  /**
   * @returns undefined for a file that is missing
   * @throws WhylightError `storage_damaged` for one that is cut off or changed
   */
  get(key: string): Promise<Uint8Array | undefined>;
  remove(keys: readonly string[]): Promise<void>;
  removeBelow(prefix: string): Promise<void>;
  /** Lists the path segments that follow `prefix`, 1,000 at most. */
  below(prefix: string): Promise<readonly string[]>;
  /** Lists what follows `prefix` in keys, in their order: `limit` at most, 1,000 or fewer, of those after `after`. */
  names(
    prefix: string,
    page: { readonly limit: number; readonly after?: string | undefined },
  ): Promise<{ readonly names: readonly string[]; readonly more: boolean }>;
}

/** Makes the key prefix of the files of a job. */
export const jobFolder = (tenant: string, id: string): string => `${tenant}/${id}/`;
