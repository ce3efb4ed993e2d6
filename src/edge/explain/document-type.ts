/** Media types of an explanation, and the documents among them. */

/** Media types of an explanation that is complete: data, drawings, and bytes. */
export const DRAWN_TYPES = [
  'application/json',
  'image/png',
  'image/svg+xml',
  'text/html',
  'application/octet-stream',
] as const;

/** Types of documents that show an explanation. */
export type DocumentType = 'image/svg+xml' | 'text/html';

/** Policy of pages with a drawing: nothing in them loads or runs. */
export const DRAWING_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
