/** `whylight serve`, also `npm run origin`: the same app in a process of its own, for heavy runs. */
import { basename, join, resolve } from 'node:path';
import { defineCommand } from 'citty';
import { PROVIDERS } from '../../node/providers.ts';
import { serve } from '../../node/serve.ts';
import { numberFlag, refuseUnknown, UsageError } from '../arguments.ts';
import { EMBEDDED_MODELS, ROOT } from '../compose.ts';

const PROVIDER_NAMES: string[] = ['auto', ...PROVIDERS];

const args = {
  host: { type: 'string', default: '127.0.0.1', description: 'Address to listen at' },
  port: { type: 'string', default: '8788', description: 'Port to listen at; 0 for any that is free' },
  model: { type: 'string', valueHint: 'a,b', description: 'Folders of models; those that are embedded when left out' },
  provider: {
    type: 'enum',
    options: PROVIDER_NAMES,
    default: 'auto',
    description: 'Execution provider; auto takes the strongest that runs here',
  },
  threads: { type: 'string', description: 'Threads of a run; one for each core when left out' },
  runs: { type: 'string', default: '4', description: 'Explanations at once; their rows share batches' },
  waiting: { type: 'string', default: '64', description: 'Explanations that may wait; more are refused with 503' },
  delay: { type: 'string', default: '2', valueHint: 'ms', description: 'How long rows wait for others to run with' },
  drain: { type: 'string', default: '30', valueHint: 's', description: 'How long runs may go on after SIGTERM' },
  uploads: {
    type: 'string',
    valueHint: 'folder',
    description: 'Keep models here that were uploaded at the edge; a folder of this process alone',
  },
  'uploads-mib': {
    type: 'string',
    default: '1024',
    description: 'Size of that folder; the least recently used go first',
  },
  'inference-server': {
    type: 'string',
    valueHint: 'url',
    description: 'Run the graphs at this Open Inference Protocol server (see whylight export)',
  },
} as const;

const SECRET = 'WHYLIGHT_ORIGIN_SECRET';

export default defineCommand({
  meta: {
    name: 'serve',
    description: `Serves the HTTP API from this process. With ${SECRET} in the environment it is an origin: edges that know the secret send it their heavy runs.`,
  },
  args,
  async run({ args: flags, data }) {
    refuseUnknown(data, args);
    const secret = process.env[SECRET];
    const inferenceServer = flags['inference-server'];
    const serving = await serve({
      host: flags.host,
      port: numberFlag('port', flags.port, 0, 65_535),
      models: folders(flags.model),
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
      ...(secret && { secret }),
      ...(inferenceServer !== undefined && { inferenceServer }),
    });
    console.log(`whylight serves at ${serving.url}${secret ? ', as an origin' : ''}`);
    const drain = numberFlag('drain', flags.drain, 0, 3600);
    const stop = async (): Promise<void> => {
      console.log(`finishing what runs, for at most ${drain} s ...`);
      await serving.stop(1000 * drain);
      process.exit(0);
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  },
});

/** Names are those of the folders, as in plugins.config.json. */
function folders(list: string | undefined): Record<string, string> {
  if (list === undefined) {
    return Object.fromEntries(Object.entries(EMBEDDED_MODELS).map(([name, folder]) => [name, join(ROOT, folder)]));
  }
  const found = list
    .split(',')
    .map((folder): [string, string] => [basename(resolve(folder.trim())), resolve(folder.trim())]);
  if (new Set(found.map(([name]) => name)).size < found.length)
    throw new UsageError('--model names two folders alike.');
  return Object.fromEntries(found);
}
