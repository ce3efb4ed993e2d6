/** Thread of one method: it loads the method, and answers one call after the other. {@link ThreadPool} starts it. */
import { parentPort, workerData } from 'node:worker_threads';
import { hardenBuiltIns } from '../../core/harden.ts';
import { MethodServer } from '../../core/isolation/method-server.ts';
import { buffersIn } from '../../core/isolation/packed.ts';
import { type Answer, failureOf, type Question, type Reply } from '../../core/isolation/protocol.ts';
import { checkMethod } from '../../core/method/define.ts';
import { loadModule } from '../load-component.ts';
import type { FromThread, ThreadData, ToThread } from './thread-protocol.ts';

if (!parentPort) throw new Error('This file is a thread; call loadIsolated().');
const port = parentPort;
const waiting = new Map<number, (answer: Answer) => void>();
let questions = 0;
let server: MethodServer | undefined;

async function loaded(): Promise<MethodServer> {
  const { root, use } = workerData as ThreadData;
  const { default: method } = await loadModule(root, use, `the plugin "${use}"`);
  checkMethod(method);
  hardenBuiltIns();
  server = new MethodServer(method);
  return server;
}

/** Says what is packed: its memory moves. */
const say = (message: FromThread): void => port.postMessage(message, buffersIn(message));

function ask(question: Question): Promise<Answer> {
  const id = questions++;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    say({ kind: 'question', id, question });
  });
}

port.on('message', async (message: ToThread) => {
  if (message.kind === 'answer') {
    waiting.get(message.id)?.(message.answer);
    waiting.delete(message.id);
  } else if (message.kind === 'abort') server?.abort();
  else {
    const reply = await (server ? Promise.resolve(server) : loaded())
      .then((ready): Promise<Reply> => ready.answer(message.asked, ask))
      .catch((error: unknown): Reply => ({ failure: failureOf(error) }));
    sendReply(reply);
  }
});

/** A result that cannot be sent, such as one that holds a function, is the method's fault. */
function sendReply(reply: Reply): void {
  try {
    say({ kind: 'reply', reply });
  } catch (error) {
    say({ kind: 'reply', reply: { failure: failureOf(error) } });
  }
}
