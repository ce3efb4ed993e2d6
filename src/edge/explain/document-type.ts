/** Types of documents that show an explanation. */

export type DocumentType = 'image/svg+xml' | 'text/html';

/** Policy of pages with a drawing: nothing in them loads or runs. */
export const DRAWING_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
