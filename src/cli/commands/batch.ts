/** `whylight batch`: many inputs, by a deployment, its jobs, an inference server or this machine. */
import { counted } from '../../core/counted.ts';
import { openJournal } from '../../report/journal.ts';
import { isParquet } from '../../report/parquet-name.ts';
import { keyOf } from '../../report/study.ts';
import { numberFlag, UsageError } from '../arguments.ts';
import { batchInputs } from '../batch/inputs.ts';
import { lockFile } from '../batch/lock.ts';
import type { BatchRecord } from '../batch/record.ts';
import { type BatchOutcome, runBatch } from '../batch/run-batch.ts';
import type { BatchRunner } from '../batch/runner.ts';
import { ENDPOINT_ARG } from '../bucket-flag.ts';
import { EMBEDDED_MODELS, ENGINE_ARG, type EngineName, ROOT } from '../compose.ts';
import { defineCommand, JSON_ARG } from '../define-command.ts';
import { DEPLOYMENT_ARGS, deploymentOf } from '../deployment/client.ts';
import { positional, textFlag } from '../flags.ts';
import { interruptible, keptIn } from '../interrupt.ts';
import { MODEL_ARGS, openModel, PREPROCESSING_ARGS } from '../model-file.ts';
import { progressBar } from '../progress.ts';

const args = {
  inputs: positional(
    'Files, folders, patterns, addresses, buckets (s3://bucket/prefix) or @lists of these, one a line',
    { required: true },
  ),
  method: textFlag('Saliency method', { default: 'grad_cam', valueHint: 'id' }),
  out: textFlag('Results: NDJSON, or Parquet by the extension .parquet', {
    alias: 'o',
    default: 'results.ndjson',
    valueHint: 'file',
  }),
  jobs: { type: 'boolean', description: 'Hand the inputs to the jobs of the deployment' },
  'inference-server': textFlag('KServe or Triton server with the exported graphs, in place of a deployment', {
    valueHint: 'url',
  }),
  concurrency: textFlag('Inputs at a time; 8, 64 with --jobs', { valueHint: 'n' }),
  rate: textFlag('Max inputs that begin in a second', { valueHint: 'n' }),
  'max-cost': textFlag("Max USD on Cloudflare's list prices (whylight price)", { valueHint: 'usd' }),
  patience: textFlag('Time for which a deployment that does not answer is asked again', {
    default: '300',
    valueHint: 's',
  }),
  seed: textFlag('Seed of everything that is drawn at random', { default: '0', valueHint: 'n' }),
  thumbnails: { type: 'boolean', default: true, description: 'Keep small images and maps for reports' },
  restart: { type: 'boolean', description: 'Start again, and discard the results of an earlier run' },
  engine: ENGINE_ARG,
  ...DEPLOYMENT_ARGS,
  ...ENDPOINT_ARG,
  ...MODEL_ARGS,
  ...PREPROCESSING_ARGS,
  param: textFlag('A parameter of the method; --name value does the same', { valueHint: 'name=value' }),
  ...JSON_ARG,
} as const;

type Flags = { readonly [K in keyof typeof args]?: string | boolean | undefined } & {
  readonly method: string;
  readonly seed: string;
};

export default defineCommand({
  name: 'batch',
  description:
    'Explains many inputs, each once: a run that was interrupted continues with the same command. Without --server, this machine or an inference server does the work.',
  examples: [
    'whylight batch images/ --server https://whylight.example.com -o results.ndjson',
    'whylight batch s3://photos/2026/ --jobs --max-cost 20 -o results.parquet',
    'whylight report --results results.ndjson -o report.html',
  ],
  args,
  takesParameters: true,
  async run(flags, { parameters }) {
    const { out, endpoint, restart, json, _: given } = flags;
    const inputs = await batchInputs(given, endpoint);
    const runner = await runnerOf(flags as Flags, parameters);
    const journalFile = isParquet(out) ? `${out}.ndjson` : out;
    const unlock = await lockFile(journalFile);
    try {
      const journal = await openJournal<BatchRecord>(journalFile, runner.settings, keyOf, restart === true);
      const bar = progressBar(`${runner.noun}s`);
      const outcome = await interruptible(
        () => keptIn(journalFile),
        () =>
          runBatch({
            inputs,
            runner,
            journal,
            concurrency: optional('concurrency', flags.concurrency, 1, 1000) ?? runner.concurrency,
            patience: numberFlag('patience', flags.patience, 0, 86_400),
            progress: bar.update,
            ...limits(flags, runner),
          }),
      ).finally(async () => {
        bar.end();
        await journal.close();
      });
      if (isParquet(out)) {
        const { writeParquetResults } = await import('../batch/write-parquet.ts');
        await writeParquetResults(out, runner.settings, journal.records());
      }
      if (outcome.failed > 0 || outcome.left > 0) process.exitCode = 1;
      console.log(json ? JSON.stringify({ ...outcome, out }) : described(outcome, runner, out));
    } finally {
      await unlock();
    }
  },
});

/** @throws UsageError for flags that do not go together */
async function runnerOf(flags: Flags, params: Readonly<Record<string, string>>): Promise<BatchRunner> {
  const { method, jobs, server, key, model } = flags;
  const inferenceServer = flags['inference-server'];
  const thumbnails = flags.thumbnails !== false;
  if (inferenceServer !== undefined && server !== undefined)
    throw new UsageError('Give --server or --inference-server.');
  if (inferenceServer === undefined && (server ?? process.env.WHYLIGHT_SERVER)) {
    const { deploymentRunner } = await import('../batch/deployment-runner.ts');
    const client = deploymentOf({ ...(server && { server: String(server) }), ...(key && { key: String(key) }) });
    const question = { model: String(model), method, params: { ...params, seed: flags.seed }, thumbnails };
    return deploymentRunner(client, { ...question, jobs: jobs === true });
  }
  if (jobs) throw new UsageError('--jobs are those of a deployment: give --server.');
  const { localRunner } = await import('../batch/local-runner.ts');
  const opened = await openModel(flags as Parameters<typeof openModel>[0], EMBEDDED_MODELS, ROOT);
  return localRunner({
    opened,
    method,
    params,
    thumbnails,
    seed: numberFlag('seed', flags.seed, 0, Number.MAX_SAFE_INTEGER),
    ...(flags.engine !== undefined && { engine: flags.engine as EngineName }),
    ...(inferenceServer !== undefined && { inferenceServer: String(inferenceServer) }),
  });
}

/** @throws UsageError for a limit of cost where nothing is billed */
function limits(flags: { readonly rate?: string; readonly 'max-cost'?: string }, runner: BatchRunner) {
  const rate = optional('rate', flags.rate, 0.001, 1e6);
  const maxCost = optional('max-cost', flags['max-cost'], 0, 1e9);
  if (maxCost !== undefined && !runner.price)
    throw new UsageError('--max-cost needs a deployment: nothing else is billed.');
  return { ...(rate !== undefined && { rate }), ...(maxCost !== undefined && { maxCost }) };
}

const optional = (name: string, text: string | undefined, min: number, max: number): number | undefined =>
  text === undefined ? undefined : numberFlag(name, text, min, max);

function described(
  { resumed, explained, failed, left, usd }: BatchOutcome,
  { noun, price }: BatchRunner,
  out: string,
): string {
  return [
    `${counted(explained, noun)} explained${resumed > 0 ? `, ${resumed} there from an earlier run` : ''}${failed > 0 ? `, ${failed} failed` : ''}: ${out}`,
    ...(price ? [`about ${usd.toFixed(4)} USD on list prices in all`] : []),
    ...(left > 0 ? [`stopped at --max-cost with ${left} left: the same command with more continues`] : []),
  ].join('\n');
}
