/** Where questions and results of jobs lie. A port: R2 in a Worker. */
export interface JobFiles {
  put(key: string, bytes: Uint8Array): Promise<void>;
  get(key: string): Promise<Uint8Array | undefined>;
  remove(keys: readonly string[]): Promise<void>;
  removeBelow(prefix: string): Promise<void>;
}

/** What all files of a job begin with. */
export const jobFolder = (tenant: string, id: string): string => `${tenant}/${id}/`;
