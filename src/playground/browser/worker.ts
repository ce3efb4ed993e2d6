/** Explanations in the page's own worker. */
import { WhylightError } from '../../core/errors.ts';
import { partialOutputs } from '../../protocol/explanation-outputs.ts';
import { documentOf, explain, predict } from './answer.ts';
import { explainFrame } from './frame.ts';
import type { Order, Report } from './messages.ts';
import { methodsFor, open, understand } from './models.ts';

addEventListener('message', ({ data }: MessageEvent<Order>) => void answer(data));

async function answer(order: Order): Promise<void> {
  const { id } = order;
  try {
    postMessage(await reportOf(order));
  } catch (error) {
    const known = WhylightError.is(error) ? error : undefined;
    const message = (error as Error).message;
    postMessage({ id, kind: 'failure', code: known?.code ?? 'internal', message } satisfies Report);
  }
}

async function reportOf(order: Order): Promise<Report> {
  const { id } = order;
  const opened = await open(order.model);
  if (order.kind === 'describe') return { id, kind: 'described', understood: understand(opened) };
  if (order.kind === 'methods') return { id, kind: 'methods', methods: methodsFor(opened) };
  if (order.kind === 'predict') return { id, kind: 'prediction', ...(await predict(opened, order.input)) };
  if (order.kind === 'frame')
    return { id, kind: 'framed', framed: await explainFrame(opened, order.frame, order.method) };
  const progress = (done: number, total: number): void =>
    postMessage({ id, kind: 'progress', done, total } satisfies Report);
  const explained = await explain(opened, order.input, order.question, {
    progress,
    partial: (row, now) => {
      if (!now.map) return;
      const { outputs } = partialOutputs(row, now);
      postMessage({ id, kind: 'partial', document: documentOf(outputs) } satisfies Report);
    },
  });
  return { id, kind: 'explanation', ...explained };
}
