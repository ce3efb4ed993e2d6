/** Buckets that speak the API of S3 (R2, MinIO, AWS): lists and reads objects, nothing else. */
import { AwsClient } from 'aws4fetch';
import { WhylightError } from '../core/errors.ts';

export interface BucketPlace {
  readonly bucket: string;
  /** Beginning of the keys, without a slash in front. */
  readonly prefix: string;
}

/** An object of a listing. */
export interface BucketObject {
  readonly key: string;
  /** Tag of the content, which changes with it. */
  readonly etag: string;
}

/** A page of a listing. */
interface Page {
  readonly objects: readonly BucketObject[];
  /** Key segments up to the next slash, with it, where a delimiter was given. */
  readonly prefixes: readonly string[];
  readonly next: string | undefined;
}

const ADDRESS = /^s3:\/\/([^/]+)\/?(.*)$/;

/** Tells if a text names a bucket: `s3://bucket/prefix`. */
export const isBucket = (text: string): boolean => ADDRESS.test(text);

/** Splits `s3://bucket/prefix`. @throws WhylightError `invalid_request` */
export function bucketPlace(text: string): BucketPlace {
  const [, bucket, prefix = ''] = ADDRESS.exec(text) ?? [];
  if (bucket !== undefined) return { bucket, prefix };
  throw new WhylightError('invalid_request', `"${text}" is no bucket: write s3://bucket/prefix.`);
}

/** A bucket that is read with the credentials of the environment. */
export class S3Bucket {
  private readonly client: AwsClient;
  private readonly url: string;
  readonly name: string;

  /**
   * @param endpoint address of the service, such as `https://<account>.r2.cloudflarestorage.com`
   * @throws WhylightError `invalid_config` without credentials
   */
  constructor(name: string, endpoint: string, environment: Readonly<Record<string, string | undefined>> = process.env) {
    const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION = 'auto' } = environment;
    if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
      const message = 'A bucket needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';
      throw new WhylightError('invalid_config', message);
    }
    this.name = name;
    this.url = `${endpoint.replace(/\/+$/, '')}/${name}`;
    this.client = new AwsClient({
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
      service: 's3',
      region: AWS_REGION,
      retries: 4,
    });
  }

  /** Lists the objects whose keys begin with a prefix, in the order of the keys. @throws WhylightError `origin_error` */
  async *objects(prefix: string): AsyncGenerator<BucketObject> {
    for (let from: string | undefined = ''; from !== undefined; ) {
      const page: Page = await this.page(prefix, '', from);
      yield* page.objects;
      from = page.next;
    }
  }

  /** Lists the segments that follow a prefix, like the folders in a folder. @throws WhylightError `origin_error` */
  async below(prefix: string): Promise<string[]> {
    const found: string[] = [];
    for (let from: string | undefined = ''; from !== undefined; ) {
      const page: Page = await this.page(prefix, '/', from);
      found.push(...page.prefixes.map((one) => one.slice(prefix.length, -1)));
      from = page.next;
    }
    return found;
  }

  /** Reads an object; undefined for one that does not exist. @throws WhylightError `origin_error` */
  async read(key: string): Promise<Uint8Array | undefined> {
    const path = key.split('/').map(encodeURIComponent).join('/');
    const answer = await this.client.fetch(`${this.url}/${path}`);
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw this.failed(`the object ${key}`, answer.status, await answer.text());
    return new Uint8Array(await answer.arrayBuffer());
  }

  /** @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
  private async page(prefix: string, delimiter: string, from: string): Promise<Page> {
    const query = new URLSearchParams({
      'list-type': '2',
      'encoding-type': 'url',
      ...(prefix !== '' && { prefix }),
      ...(delimiter !== '' && { delimiter }),
      ...(from !== '' && { 'continuation-token': from }),
    });
    const answer = await this.client.fetch(`${this.url}?${query}`);
    const text = await answer.text();
    if (!answer.ok) throw this.failed('the list of objects', answer.status, text);
    const [next] = valuesOf(text, 'NextContinuationToken');
    return {
      objects: elementsOf(text, 'Contents').map((inner) => ({
        key: decoded(valuesOf(inner, 'Key')[0] ?? ''),
        etag: valuesOf(inner, 'ETag')[0] ?? '',
      })),
      prefixes: elementsOf(text, 'CommonPrefixes').flatMap((inner) => valuesOf(inner, 'Prefix').map(decoded)),
      next: valuesOf(text, 'IsTruncated')[0] === 'true' ? next : undefined,
    };
  }

  private failed(what: string, status: number, text: string): WhylightError {
    const [code] = valuesOf(text, 'Code');
    return new WhylightError(
      'origin_error',
      `The bucket ${this.name} answered ${status}${code ? ` (${code})` : ''} to a request for ${what}: check its name, the endpoint and the credentials.`,
      { status },
    );
  }
}

/** Contents of the elements of a name, other elements among them. */
const elementsOf = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, 'g'))].map(([, inner = '']) => inner);

/** Texts of the elements of a name. */
const valuesOf = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) =>
    text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&'),
  );

/** A key of a listing with `encoding-type=url`. */
const decoded = (key: string): string => decodeURIComponent(key.replaceAll('+', ' '));
