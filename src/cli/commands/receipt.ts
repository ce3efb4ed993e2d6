/** `whylight receipt verify | key`: checks the receipt of an explanation, and repeats its run; makes keys. */
import { newKeySet, parsePublicKeys } from '../../edge/receipts/keys.ts';
import type { Receipt } from '../../edge/receipts/receipt.ts';
import { verifyReceipt } from '../../edge/receipts/sign.ts';
import { readBytes } from '../../node/files.ts';
import { UsageError } from '../arguments.ts';
import { ENGINE_ARG, type EngineName } from '../compose.ts';
import { defineCommand } from '../define-command.ts';
import { positional, textFlag } from '../flags.ts';
import { checkAnswer, parseAnswer } from '../receipt/answer.ts';
import { repeatRun } from '../receipt/repeat.ts';

const args = {
  action: positional('verify or key', { required: true }),
  answer: positional('An answer of /explain as JSON, or the receipt alone; for key, the secret of older keys to keep', {
    required: false,
  }),
  keys: textFlag('Public keys of the server: /.well-known/whylight-keys.json', { valueHint: 'file or url' }),
  model: textFlag('Model to repeat the run with', { alias: 'm', valueHint: 'path' }),
  input: textFlag('Input to repeat the run with, as it was sent', { valueHint: 'file' }),
  engine: ENGINE_ARG,
} as const;

export default defineCommand({
  name: 'receipt',
  description: 'Verifies the receipt of an explanation, and repeats its run; makes keys for receipts.',
  examples: [
    'whylight receipt verify answer.json --keys https://whylight.example.com/.well-known/whylight-keys.json',
    'whylight receipt verify answer.json --keys keys.json --model model.onnx --input cat.jpg',
    'whylight receipt key > keys.secret.json',
  ],
  args,
  needsArguments: true,
  async run({ action, answer, keys, model, input, engine }) {
    if (action === 'key') return printKeys(answer);
    if (action !== 'verify') throw new UsageError(`"receipt ${action}" is nothing to do: use verify or key.`);
    if (answer === undefined)
      throw new UsageError('Give the answer with the receipt: whylight receipt verify answer.json.');
    if (keys === undefined)
      throw new UsageError('--keys: give the public keys of the server, as a file or an address.');
    if ((model === undefined) !== (input === undefined)) throw new UsageError('--model and --input go together.');
    const given = parseAnswer(await textOf(answer, 'answer with a receipt'));
    const receipt = await verifyReceipt(given.receipt, parsePublicKeys(await keysFrom(keys)));
    console.log(`signature valid\n${described(receipt)}`);
    if (given.content) console.log(await checkAnswer(given.content, receipt));
    if (model === undefined || input === undefined) return;
    console.log(await repeatRun(receipt, given, { model, input, engine: engine as EngineName | undefined }));
  },
});

async function printKeys(older: string | undefined): Promise<void> {
  const keys = await newKeySet(older === undefined ? undefined : await textOf(older, 'key set'));
  console.log(JSON.stringify(keys));
}

const textOf = async (path: string, what: string): Promise<string> =>
  new TextDecoder().decode(await readBytes(path, what));

async function keysFrom(place: string): Promise<string> {
  if (!/^https?:/.test(place)) return textOf(place, 'public keys');
  const response = await fetch(place);
  if (response.ok) return response.text();
  throw new UsageError(`--keys: ${place} answers ${response.status}.`);
}

/** The facts of a receipt, one a line. */
function described({ iat, tenant, model, method, parameters, question, targets, engine, compiler }: Receipt): string {
  const explained = targets.map(({ label, index, score }) => `${label ?? index ?? 'no class'} (${score.toFixed(3)})`);
  return [
    ['signed', new Date(1000 * iat).toISOString()],
    ['tenant', tenant],
    ['model', `${model.name} ${model.version}  sha256 ${model.sha256}`],
    ['method', `${method.id} ${method.build ?? `revision ${method.revision}`}`],
    ['parameters', JSON.stringify(parameters)],
    ['question', JSON.stringify(question)],
    ['explained', explained.join(', ')],
    ['computed by', `${engine}, ${compiler}`],
  ]
    .map(([name = '', value]) => `${name.padEnd(12)} ${value}`)
    .join('\n');
}
