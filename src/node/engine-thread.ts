/** The engine's own thread: {@link threadedEngine} starts it, and asks. */
import { parentPort } from 'node:worker_threads';
import type { Session, Tensors } from '../core/engine/engine.ts';
import { WhylightError } from '../core/errors.ts';
import type { Tensor } from '../core/tensor/tensor.ts';
import type { Answered, Asked, Call, Results } from './engine-protocol.ts';
import { collectGarbage } from './garbage.ts';
import { onnxruntimeNode } from './onnxruntime-node.ts';
import { failureOf } from './thread-failure.ts';

if (!parentPort) throw new Error('This file is a thread; call threadedEngine().');
const port = parentPort;
const sessions = new Map<number, Session>();

/** Before, native code of Node could not look into memory that threads share. */
const SHARES_WITH_NATIVE = 24;
const [major = 0] = process.versions.node.split('.').map(Number);
const usable = (feeds: Tensors): Tensors => (major >= SHARES_WITH_NATIVE ? feeds : copied(feeds));

const copied = (tensors: Tensors): Tensors =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, value]) => [name, { ...value, data: value.data.slice() } as Tensor]),
  );

port.on('message', async ({ id, call }: Asked) => {
  try {
    const result = await perform(id, call);
    answer({ id, result }, call.kind === 'run' ? buffersOf(result as Tensors) : []);
  } catch (error) {
    answer({ id, failure: failureOf(error, 'engine_failure') });
  }
});

const answer = (answered: Answered, transferred: ArrayBuffer[] = []): void => port.postMessage(answered, transferred);

async function perform(id: number, call: Call): Promise<Results[keyof Results]> {
  if (call.kind === 'load') {
    sessions.set(id, await onnxruntimeNode(call.options).load(call.model));
    return id;
  }
  if (call.kind === 'collect') return collectGarbage();
  const session = sessions.get(call.session);
  if (!session) throw new WhylightError('internal', `There is no session ${call.session}.`);
  if (call.kind === 'run') return session.run(usable(call.feeds), call.fetches);
  sessions.delete(call.session);
  await session.release();
  return undefined;
}

/** Collects the buffers to transfer rather than copy. */
const buffersOf = (tensors: Tensors): ArrayBuffer[] => [
  ...new Set(Object.values(tensors).map(({ data }) => data.buffer as ArrayBuffer)),
];
