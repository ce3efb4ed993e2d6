/** Pieces of Markdown. */
export const MARK = '<!-- Written by scripts/generate-methods.ts. Do not edit. -->';

export const code = (value: unknown): string => (value === undefined ? '' : `\`${JSON.stringify(value)}\``);
export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
