/** Flag that names the service of a bucket. */
import { S3Bucket } from '../node/s3-bucket.ts';
import { UsageError } from './arguments.ts';
import { textFlag } from './flags.ts';

export const ENDPOINT_ARG = {
  endpoint: textFlag('S3 API of a bucket: https://<account>.r2.cloudflarestorage.com; AWS_ENDPOINT_URL when left out', {
    valueHint: 'url',
  }),
} as const;

/** Opens a bucket at the endpoint of a flag or of the environment. @throws UsageError without one */
export function openBucket(name: string, endpoint: string | undefined): S3Bucket {
  const address = endpoint ?? process.env.AWS_ENDPOINT_URL;
  if (address) return new S3Bucket(name, address);
  throw new UsageError('Which service has the bucket? Give its address as --endpoint, or as AWS_ENDPOINT_URL.');
}
