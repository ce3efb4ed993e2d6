/** Request headers of the API, for the OpenAPI document and for preflight requests. */
import * as z from 'zod';
import { HEADER_LENGTH } from '../../protocol/open-inference.ts';

/**
 * Descriptions and examples by header name. A route lists the names of those that change its answer; `Accept`,
 * `Authorization` and `Content-Type` follow from its responses, its access and its body.
 */
export const REQUEST_HEADERS = {
  'Cache-Control': {
    description: 'no-cache computes the explanation anew; no-store also keeps nothing of it.',
    example: 'no-cache',
  },
  'Idempotency-Key': {
    description: 'Key of a job: the same key with the same request is the same job. 1 to 255 visible ASCII characters.',
    example: 'order-4711',
  },
  'If-Match': {
    description: 'Entity tag of the tenant as it was read; * for any. Needed to change a tenant that exists.',
    example: '"r3"',
  },
  'If-None-Match': {
    description: 'Entity tag of an earlier answer, which is answered with 304; * creates a tenant that does not exist.',
    example: '*',
  },
  'If-Range': {
    description: 'Entity tag of a part that is at hand; the whole file is sent where the file has another one.',
    example: '"5b6c"',
  },
  [HEADER_LENGTH]: {
    description:
      'Bytes of the JSON part of a body in application/octet-stream; absent where no tensor is sent as bytes.',
    example: '138',
  },
  Prefer: {
    description: 'respond-async asks for a job; ignored where there is no queue.',
    example: 'respond-async',
  },
  Range: {
    description: 'One range of bytes, to continue a download.',
    example: 'bytes=0-1023',
  },
} as const;

export type RequestHeader = keyof typeof REQUEST_HEADERS;

/** Schema of the headers that a route reads; undefined for none. */
export function headersSchema(names: readonly RequestHeader[]): z.ZodObject | undefined {
  if (names.length === 0) return undefined;
  return z.object(
    Object.fromEntries(
      names.map((name) => {
        const { description, example } = REQUEST_HEADERS[name];
        return [name, z.string().optional().describe(description).meta({ example })];
      }),
    ),
  );
}
