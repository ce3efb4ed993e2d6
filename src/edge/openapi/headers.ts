/** Response headers of the API. */

/** Descriptions by header name. A route lists the names of the headers that its successful responses may have. */
export const HEADERS = {
  'Accept-Ranges': 'bytes: Range may ask for a part of the file.',
  'Content-Disposition': 'Name of the file.',
  'Content-Range': 'Part of the file, and its size.',
  ETag: 'Entity tag of the answer, for If-None-Match or If-Match.',
  'Inference-Header-Content-Length': 'Bytes of the JSON part of a response in application/octet-stream.',
  Location: 'Path of the job or of the version.',
  'Preference-Applied': 'respond-async, when Prefer asked for a job.',
  'Retry-After': 'Seconds after which to ask again.',
  'X-Whylight-Cache': 'Source of the answer: hit, miss, joined or bypass.',
  'X-Whylight-Label': 'Label of the target, percent-encoded; for a single row.',
  'X-Whylight-Probability': 'Probability of the target; for a single row.',
  'X-Whylight-Route': 'Route of the run: edge, origin or job; absent when nothing ran.',
  'X-Whylight-Route-Reason': 'Reason of the route.',
  'X-Whylight-Score': 'Score of the target; for a single row.',
  'X-Whylight-Version': 'Version of the model that answered.',
  'X-Whylight-Target': 'Class index of the target; for a single row.',
} as const;

export type HeaderName = keyof typeof HEADERS;

/** Headers that tell where an explanation comes from. */
export const RUN_HEADERS = [
  'X-Whylight-Cache',
  'X-Whylight-Route',
  'X-Whylight-Route-Reason',
  'X-Whylight-Version',
] as const satisfies readonly HeaderName[];

/** Headers of a single explanation. */
export const EXPLANATION_HEADERS = [
  'ETag',
  'Inference-Header-Content-Length',
  'Location',
  'Preference-Applied',
  'Retry-After',
  'X-Whylight-Label',
  'X-Whylight-Probability',
  'X-Whylight-Score',
  'X-Whylight-Target',
  ...RUN_HEADERS,
] as const satisfies readonly HeaderName[];

/** Headers that every response may have. */
const COMMON = ['ETag', 'Retry-After', 'Server-Timing', 'X-Request-Id'];

/** Lists the headers that pages of other origins may read (`Access-Control-Expose-Headers`), from those of all routes. */
export const exposedHeaders = (routes: Iterable<{ readonly headers?: readonly HeaderName[] }>): string =>
  [...new Set([...COMMON, ...[...routes].flatMap(({ headers = [] }) => headers)])].sort().join(', ');
