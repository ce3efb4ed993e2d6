/** Name and version of the server; a test compares the version with package.json. */
export const SERVER = { name: 'whylight', version: '0.1.0' } as const;
