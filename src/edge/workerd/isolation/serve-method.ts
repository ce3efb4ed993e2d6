/** Entry of the dynamic Worker that a method has to itself: the bundle of the method wraps it in `serveMethod`. */
import { WorkerEntrypoint } from 'cloudflare:workers';
import { hardenBuiltIns } from '../../../core/harden.ts';
import { MethodServer } from '../../../core/isolation/method-server.ts';
import type { Answer, Asked, Question, Reply } from '../../../core/isolation/protocol.ts';
import type { Method } from '../../../core/method/contract.ts';

/** The server's side of a call, which the method puts its questions to. */
export interface Questions {
  ask(question: Question): Promise<Answer>;
}

/** Worker that answers calls. */
interface MethodWorker extends WorkerEntrypoint {
  /** Answers a call. */
  answer(asked: Asked, questions: Questions): Promise<Reply>;
}

/** Class of the Worker. */
type MethodWorkerClass = new (
  ...settings: ConstructorParameters<typeof WorkerEntrypoint<Cloudflare.Env>>
) => MethodWorker;

/** Makes the class of the Worker. */
export function serveMethod(method: Method): MethodWorkerClass {
  hardenBuiltIns();
  const server = new MethodServer(method);
  return class extends WorkerEntrypoint {
    answer(asked: Asked, questions: Questions): Promise<Reply> {
      return server.answer(asked, (question) => questions.ask(question));
    }
  };
}
