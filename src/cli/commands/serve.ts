/** `whylight serve`, also `npm run origin`: the same app in a process of its own, for heavy runs. */

import { existsSync } from 'node:fs';
import { basename, parse, resolve } from 'node:path';
import { hardenBuiltIns } from '../../core/harden.ts';
import { isModelFile } from '../../node/model-folders.ts';
import { PROVIDERS } from '../../node/providers.ts';
import { serve } from '../../node/serve.ts';
import { numberFlag, UsageError } from '../arguments.ts';
import { AVAILABLE, CONFIGURED, embeddedPaths } from '../compose.ts';
import { defineCommand } from '../define-command.ts';
import { textFlag } from '../flags.ts';
import { stopOnSignal } from '../stop-on-signal.ts';

const PROVIDER_NAMES: string[] = ['auto', ...PROVIDERS];

const MEMORY_MIB = 'WHYLIGHT_MEMORY_MIB';

const args = {
  host: textFlag('Address to listen at', { default: '127.0.0.1' }),
  port: textFlag('Port to listen at; 0 for any that is free', { default: '8788' }),
  model: textFlag('Model folders or ONNX files; the embedded models when left out', { valueHint: 'a,b' }),
  provider: {
    type: 'enum',
    options: PROVIDER_NAMES,
    default: 'auto',
    description: 'Execution provider; auto takes the fastest available',
  },
  threads: textFlag('Threads per run; one for each core when left out'),
  runs: textFlag('Max explanations at the same time; their rows share batches', { default: '4' }),
  waiting: textFlag('Max explanations in the queue; more are refused with 503', { default: '64' }),
  delay: textFlag('Max time that a row waits for others to share a batch', { default: '2', valueHint: 'ms' }),
  drain: textFlag('Max time for runs to finish after SIGTERM', { default: '30', valueHint: 's' }),
  'memory-mib': textFlag(
    `Max resident memory in MiB, also ${MEMORY_MIB}; three quarters of the container's or the machine's when left out`,
  ),
  'drift-rate': textFlag('Share of the requests whose attribution by feature group is counted in /metrics, 0 to 1', {
    default: '0',
  }),
  'metrics-port': textFlag('Port for /metrics alone, without a key; 0 for any that is free'),
  'metrics-host': textFlag('Address of --metrics-port', { default: '127.0.0.1' }),
  uploads: textFlag('Folder for models that were uploaded at the edge; not shared with other processes', {
    valueHint: 'folder',
  }),
  'uploads-mib': textFlag('Max size of that folder in MiB; the least recently used models are deleted first', {
    default: '1024',
  }),
  'tenant-files': textFlag('Folder of the files that policies of tenants name for methods: <tenant>/<sha256>', {
    valueHint: 'folder',
  }),
  'inference-server': textFlag('Open Inference Protocol server that runs the graphs (see whylight export)', {
    valueHint: 'url',
  }),
} as const;

const SECRET = 'WHYLIGHT_ORIGIN_SECRET';
const OLDER_SECRET = 'WHYLIGHT_ORIGIN_SECRET_OLDER';
const METRICS_KEY = 'WHYLIGHT_METRICS_KEY';
const RECEIPT_KEYS = 'WHYLIGHT_RECEIPT_KEYS';

export default defineCommand({
  name: 'serve',
  description: `Serves the HTTP API from this process. With ${SECRET} in the environment it is also an origin: edges with the same secret send it their expensive runs.`,
  examples: ['whylight serve --model model.onnx', 'whylight serve --model models/a,models/b --port 8080'],
  args,
  async run(flags) {
    hardenBuiltIns();
    const secret = process.env[SECRET];
    const olderSecret = process.env[OLDER_SECRET];
    const receiptKeys = process.env[RECEIPT_KEYS];
    const metricsKey = process.env[METRICS_KEY];
    const metricsPort = flags['metrics-port'];
    const inferenceServer = flags['inference-server'];
    const tenantFiles = flags['tenant-files'];
    const memoryMib = flags['memory-mib'] ?? process.env[MEMORY_MIB];
    const drain = numberFlag('drain', flags.drain, 0, 3600);
    const serving = await serve({
      host: flags.host,
      port: numberFlag('port', flags.port, 0, 65_535),
      models: modelPaths(flags.model),
      plugins: CONFIGURED,
      ...(AVAILABLE.deployment && { tenants: AVAILABLE.deployment.config.tenants }),
      provider: flags.provider,
      ...(flags.threads !== undefined && { threads: numberFlag('threads', flags.threads, 1, 1024) }),
      runs: numberFlag('runs', flags.runs, 1, 1024),
      waiting: numberFlag('waiting', flags.waiting, 0, 100_000),
      delay: numberFlag('delay', flags.delay, 0, 1000),
      ...(flags.uploads !== undefined && {
        uploads: {
          folder: flags.uploads,
          bytes: numberFlag('uploads-mib', flags['uploads-mib'], 1, 2 ** 20) * 2 ** 20,
        },
      }),
      ...(tenantFiles !== undefined && { tenantFiles }),
      ...(memoryMib !== undefined && { memory: numberFlag('memory-mib', memoryMib, 1, 2 ** 24) * 2 ** 20 }),
      env: process.env,
      driftRate: numberFlag('drift-rate', flags['drift-rate'], 0, 1),
      metricsHost: flags['metrics-host'],
      ...(metricsPort !== undefined && { metricsPort: numberFlag('metrics-port', metricsPort, 0, 65_535) }),
      ...(metricsKey && { metricsKey }),
      ...(secret && { secret }),
      ...(olderSecret && { olderSecret }),
      ...(receiptKeys && { receiptKeys }),
      ...(inferenceServer !== undefined && { inferenceServer }),
    });
    console.log(`whylight serves at ${serving.url}${secret ? ', as an origin' : ''}`);
    if (metricsPort !== undefined) console.log(`metrics are at ${serving.metricsUrl}`);
    stopOnSignal(serving, drain);
  },
});

/**
 * Paths of the models to serve by name: that of the folder, or of the ONNX file without its extension.
 * @throws UsageError when a path does not exist or two models have one name
 */
function modelPaths(list: string | undefined): Record<string, string> {
  if (list === undefined) {
    return embeddedPaths();
  }
  const found: Record<string, string> = {};
  for (const path of list.split(',').map((part) => resolve(part.trim()))) {
    const name = isModelFile(path) ? parse(path).name : basename(path);
    const other = Object.hasOwn(found, name) ? found[name] : undefined;
    if (!existsSync(path)) throw new UsageError(`--model: there is no file or folder ${path}.`);
    if (other !== undefined) throw new UsageError(`--model: ${other} and ${path} would both be named "${name}".`);
    found[name] = path;
  }
  return found;
}
