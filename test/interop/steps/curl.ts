/** curl as the documents show it, and as people shorten it. */
import type { Row } from '../rows.ts';
import { run } from '../run.ts';
import type { Server } from '../servers.ts';
import { PHOTO, type Step } from './step.ts';

const TENSORS = JSON.stringify({
  inputs: [{ name: 'series', datatype: 'FP32', shape: [1, 1, 24], data: Array(24).fill(0.5) }],
});
const EXPLAIN = '/v2/models/cifar10/explain?method=saliency';
const INFER = '/v2/models/italy_power/infer';

interface Case {
  readonly operation: string;
  readonly path: string;
  readonly args: readonly string[];
  readonly status: number;
  readonly contains?: string;
}

const CASES: readonly Case[] = [
  {
    operation: '--data of JSON, without a type',
    path: INFER,
    args: ['--data', TENSORS],
    status: 200,
    contains: 'logits',
  },
  { operation: '--json', path: INFER, args: ['--json', TENSORS], status: 200, contains: 'logits' },
  {
    operation: '--data-binary of an image',
    path: EXPLAIN,
    args: ['-H', 'content-type: image/jpeg', '--data-binary', `@${PHOTO}`],
    status: 200,
    contains: 'attribution',
  },
  { operation: '-F of a file', path: EXPLAIN, args: ['-F', `image=@${PHOTO}`], status: 200, contains: 'attribution' },
  {
    operation: '-F of a file with a wrong type',
    path: EXPLAIN,
    args: ['-F', `photo=@${PHOTO};type=text/plain`],
    status: 200,
    contains: 'attribution',
  },
  { operation: '--compressed', path: '/v2/methods', args: ['--compressed'], status: 200, contains: 'grad_cam' },
  { operation: 'GET /v2/', path: '/v2/', args: [], status: 200, contains: 'extensions' },
  { operation: 'a problem in the protocol', path: '/v2/models/nope', args: [], status: 404, contains: '"error":' },
];

export const curl: Step = async ({ servers }) => {
  const rows: Row[] = [];
  for (const server of servers) for (const one of CASES) rows.push(await checked(server, one));
  return rows;
};

async function checked(server: Server, { operation, path, args, status, contains }: Case): Promise<Row> {
  const marks = ['-s', '-S', '-m', '60', '-w', '\n%{http_code}'];
  const { code, output } = await run('curl', [...marks, ...args, `${server.address}${path}`]);
  const found = Number(output.trimEnd().split('\n').at(-1));
  const isRight = code === 0 && found === status && (contains === undefined || output.includes(contains));
  const row = { server: server.name, client: 'curl', operation };
  if (code === 127) return { ...row, result: 'skip', detail: 'curl is not installed' };
  return { ...row, result: isRight ? 'ok' : 'FAIL', detail: isRight ? `${found}` : output.slice(-200) };
}
