/** A bucket on loopback: lists and reads objects as S3 does, and refuses requests without a signature. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface S3Server {
  readonly endpoint: string;
  /** Number of requests for objects so far. */
  readonly reads: () => number;
  stop(): Promise<void>;
}

/** Credentials that the server knows. */
export const S3_ENVIRONMENT = { AWS_ACCESS_KEY_ID: 'loopback', AWS_SECRET_ACCESS_KEY: 'not-a-secret' };

/**
 * Starts the server.
 * @param pageSize entries of one page of a listing
 */
export async function startS3(
  bucket: string,
  objects: ReadonlyMap<string, Uint8Array>,
  pageSize = 3,
): Promise<S3Server> {
  let reads = 0;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    const [, name, ...rest] = url.pathname.split('/');
    const key = decodeURIComponent(rest.join('/'));
    const signed = /^AWS4-HMAC-SHA256 Credential=loopback\/\d{8}\/auto\/s3\/aws4_request/;
    const answer = (status: number, body: string | Uint8Array) => response.writeHead(status).end(body);
    if (!signed.test(request.headers.authorization ?? ''))
      return answer(403, '<Error><Code>AccessDenied</Code></Error>');
    if (name !== bucket) return answer(404, '<Error><Code>NoSuchBucket</Code></Error>');
    if (key === '') return answer(200, listing(objects, url.searchParams, pageSize));
    const content = objects.get(key);
    reads++;
    return content ? answer(200, content) : answer(404, '<Error><Code>NoSuchKey</Code></Error>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    reads: () => reads,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A page of ListObjectsV2: keys and common prefixes in one order, `pageSize` of them. */
function listing(objects: ReadonlyMap<string, Uint8Array>, query: URLSearchParams, pageSize: number): string {
  const [prefix, delimiter] = [query.get('prefix') ?? '', query.get('delimiter') ?? ''];
  const entries = new Map<string, string>();
  for (const [key, bytes] of [...objects].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!key.startsWith(prefix)) continue;
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const shown = encodeURIComponent(end < 0 ? key : key.slice(0, end + 1)).replaceAll('%2F', '/');
    const etag = createHash('md5').update(bytes).digest('hex');
    entries.set(
      shown,
      end < 0
        ? `<Contents><Key>${shown}</Key><ETag>&quot;${etag}&quot;</ETag><Size>${bytes.length}</Size></Contents>`
        : `<CommonPrefixes><Prefix>${shown}</Prefix></CommonPrefixes>`,
    );
  }
  const from = Number(query.get('continuation-token') ?? 0);
  const all = [...entries.values()];
  const isTruncated = from + pageSize < all.length;
  const next = isTruncated ? `<NextContinuationToken>${from + pageSize}</NextContinuationToken>` : '';
  const page = all.slice(from, from + pageSize).join('');
  return `<?xml version="1.0"?><ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${page}${next}</ListBucketResult>`;
}
