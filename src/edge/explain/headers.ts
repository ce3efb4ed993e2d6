/** Response headers that describe an explanation. */
import type { Context } from 'hono';
import type { Explanation } from '../../core/explainer/explanation.ts';
import type { Answer } from './explain-cached.ts';

/** Maximum characters of a label in a header; clients and proxies limit headers. */
const MAX_LABEL_CHARS = 200;

/** Makes the headers that tell the source of an answer: cache state, route and its reason. */
export const sourceHeaders = ({ state, route }: Answer): Readonly<Record<string, string>> => ({
  'X-Whylight-Cache': state,
  ...(route && { 'X-Whylight-Route': route.name, 'X-Whylight-Route-Reason': route.why }),
});

/** Makes the headers that describe the target of a single row, for clients that only show the image. */
export function targetHeaders({ rows }: Explanation): Readonly<Record<string, string>> {
  const [row] = rows;
  if (!row || rows.length !== 1) return {};
  const { index, label } = row.target;
  const probability = row.top.find((candidate) => candidate.index === index)?.probability;
  return {
    'X-Whylight-Score': String(row.score),
    ...(index !== undefined && { 'X-Whylight-Target': String(index) }),
    // A label may hold any character.
    ...(label !== undefined && label.length <= MAX_LABEL_CHARS && { 'X-Whylight-Label': encodeURIComponent(label) }),
    ...(probability !== undefined && { 'X-Whylight-Probability': String(probability) }),
  };
}

/** Sets response headers. */
export function setHeaders(c: Context, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
}
