export declare const PINNED_NODE: string;
export declare const GENERATORS: readonly string[];
export declare const OFFLINE_WRANGLER: Readonly<Record<string, string>>;
