/**
 * R2 buckets in the memory of a process of its own, as R2 runs on machines of its own: the simulator of Miniflare handles
 * bodies in JavaScript in the process of the Worker, 4 KiB at a time. Prints its port, and runs until it is ended.
 *
 * Workerd's R2 binding sends its request as JSON, in a header or before the bytes. Miniflare puts `MF-Header-` before the
 * names of headers that it forwards.
 * @see https://github.com/cloudflare/workerd/blob/main/src/workerd/api/r2-api.capnp
 */
import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

interface StoredObject {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly uploaded: number;
}

interface Etag {
  readonly value?: string;
  readonly type: 'strong' | 'weak' | 'wildcard';
}

/** The used part of a request. */
interface BucketRequest {
  readonly method: 'head' | 'get' | 'list' | 'put' | 'delete';
  readonly object?: string;
  readonly objects?: readonly string[];
  readonly prefix?: string;
  readonly delimiter?: string;
  readonly sha256?: string;
  readonly onlyIf?: { readonly etagMatches?: readonly Etag[]; readonly etagDoesNotMatch?: readonly Etag[] };
}

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly metadata?: object;
  readonly bytes?: Buffer;
}

type Bucket = Map<string, StoredObject>;

/** Codes of R2's errors. */
const NO_SUCH_OBJECT = 10007;
const BAD_DIGEST = 10037;
const PRECONDITION_FAILED = 10031;

const buckets = new Map<string, Bucket>();

const server = createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    // A Worker that stops in the middle of a body has stored nothing.
    if (!request.complete) return;
    console.error(error);
    response.writeHead(500).end();
  });
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const header = (name: string): string | undefined => request.headers[`mf-header-${name}`] as string | undefined;
  const name = String(request.headers['mf-binding']);
  const bucket = buckets.get(name) ?? new Map<string, StoredObject>();
  buckets.set(name, bucket);
  const body = await buffer(request);
  const length = Number(header('cf-r2-metadata-size') ?? 0);
  const asked = JSON.parse(header('cf-r2-request') ?? body.subarray(0, length).toString()) as BucketRequest;
  const { status, headers, metadata, bytes } = replyTo(bucket, asked, body.subarray(length));
  const json = Buffer.from(metadata ? JSON.stringify(metadata) : '');
  response.writeHead(status, {
    ...headers,
    'CF-R2-Metadata-Size': json.length,
    'Content-Type': 'application/json',
    'Content-Length': json.length + (bytes?.length ?? 0),
  });
  response.write(json);
  response.end(bytes);
}

function replyTo(bucket: Bucket, asked: BucketRequest, bytes: Buffer): Reply {
  const { method, object: key = '' } = asked;
  if (method === 'list') return { status: 200, metadata: list(bucket, asked) };
  if (method === 'put') return put(bucket, asked, bytes);
  if (method === 'delete') {
    for (const one of asked.objects ?? [key]) bucket.delete(one);
    return { status: 200 };
  }
  const found = bucket.get(key);
  if (!found) return refusal(404, NO_SUCH_OBJECT);
  return { status: 200, metadata: described(key, found), ...(method === 'get' && { bytes: found.bytes }) };
}

function put(bucket: Bucket, { object: key = '', onlyIf, sha256 }: BucketRequest, bytes: Buffer): Reply {
  if (!meets(onlyIf, bucket.get(key))) return refusal(412, PRECONDITION_FAILED);
  if (sha256 !== undefined && createHash('sha256').update(bytes).digest('hex') !== sha256) {
    return refusal(400, BAD_DIGEST);
  }
  const etag = createHash('md5').update(bytes).digest('hex');
  const stored = { bytes, etag, version: randomUUID(), uploaded: Date.now() };
  bucket.set(key, stored);
  return { status: 200, metadata: described(key, stored) };
}

function meets(condition: BucketRequest['onlyIf'], found: StoredObject | undefined): boolean {
  const names = (etags: readonly Etag[]) =>
    etags.some(({ type, value }) => found !== undefined && (type === 'wildcard' || value === found.etag));
  const { etagMatches, etagDoesNotMatch } = condition ?? {};
  return (etagMatches === undefined || names(etagMatches)) && !(etagDoesNotMatch && names(etagDoesNotMatch));
}

function list(bucket: Bucket, { prefix = '', delimiter = '' }: BucketRequest): object {
  const keys = [...bucket.keys()].filter((key) => key.startsWith(prefix)).sort();
  const folders = new Set<string>();
  const objects: object[] = [];
  for (const key of keys) {
    const end = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (end >= 0) folders.add(key.slice(0, end + delimiter.length));
    else objects.push(described(key, bucket.get(key) as StoredObject));
  }
  return { objects, truncated: false, delimitedPrefixes: [...folders] };
}

const described = (name: string, { bytes, etag, version, uploaded }: StoredObject): object => ({
  name,
  version,
  size: bytes.length,
  etag,
  uploaded,
  httpFields: {},
  customFields: [],
  checksums: { 0: etag },
});

const refusal = (status: number, v4code: number): Reply => ({
  status,
  headers: { 'CF-R2-Error': JSON.stringify({ version: 1, v4code, message: `R2 error ${v4code}` }) },
});
