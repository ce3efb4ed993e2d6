/** Where answers are kept for the next time. */
export interface ResultCache {
  /** @returns undefined when there is nothing under the key */
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, value: Uint8Array): Promise<void>;
}

/** For those who do not want one. */
export const noCache: ResultCache = { get: async () => undefined, put: async () => {} };
