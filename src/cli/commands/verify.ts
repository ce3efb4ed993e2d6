/** `whylight verify`: every stored model file against its digest, every stored answer against its checksum. */
import { bucketPlace, isBucket } from '../../node/s3-bucket.ts';
import { ENDPOINT_ARG, openBucket } from '../bucket-flag.ts';
import { defineCommand, JSON_ARG } from '../define-command.ts';
import { DEPLOYMENT_ARGS, deploymentOf } from '../deployment/client.ts';
import { Verified } from '../deployment/verified.ts';
import { verifyDeployment } from '../deployment/verify-deployment.ts';
import { verifyBucket, verifyFolder } from '../deployment/verify-store.ts';
import { positional } from '../flags.ts';

const args = {
  store: positional(
    'Backup, folder of --uploads, generated/assets, or bucket (s3://whylight-models); the deployment when left out',
    { required: false },
  ),
  ...ENDPOINT_ARG,
  ...DEPLOYMENT_ARGS,
  ...JSON_ARG,
} as const;

/** Milliseconds between two lines of progress. */
const INTERVAL_MS = 10_000;

export default defineCommand({
  name: 'verify',
  description:
    'Reads every stored model file and compares it with its digest, and every stored answer with its checksum. Ends with 1 where something is damaged.',
  examples: [
    'whylight verify --server https://whylight.example.com',
    'whylight verify ./backup',
    'whylight verify s3://whylight-models',
  ],
  args,
  async run({ store, endpoint, json, ...flags }) {
    const found = new Verified();
    const told = progressLines(found);
    if (store === undefined) await verifyDeployment(deploymentOf(flags), found, told);
    else if (isBucket(store)) {
      const { bucket, prefix } = bucketPlace(store);
      await verifyBucket(openBucket(bucket, endpoint), prefix, found, told);
    } else await verifyFolder(store, found, told);
    const { damage, checked, bytes } = found;
    if (damage.length > 0) process.exitCode = 1;
    console.log(json ? JSON.stringify({ checked, bytes, damaged: damage }) : report(found));
  },
});

function report({ damage, checked, bytes }: Verified): string {
  const read = Object.entries(checked).map(([store, count]) => `${store}: ${count} read`);
  return [
    ...damage.map(({ store, name, state }) => `${state}  ${store}  ${name}`),
    `${read.join(', ')} (${(bytes / 2 ** 20).toFixed(1)} MiB); ${damage.length === 0 ? 'nothing is damaged' : `${damage.length} damaged`}`,
  ].join('\n');
}

/** Writes how far the check is, now and then. */
function progressLines({ checked }: Verified): () => void {
  let last = Date.now();
  return () => {
    if (Date.now() - last < INTERVAL_MS) return;
    last = Date.now();
    const read = Object.entries(checked).map(([store, count]) => `${store} ${count}`);
    process.stderr.write(`checked: ${read.join(', ')}\n`);
  };
}
