/** Messages between a method's thread and the pool that it belongs to. */
import type { Answer, Asked, Question, Reply } from '../../core/isolation/protocol.ts';

/** Module of the method that a thread loads. */
export interface ThreadData {
  /** Folder that the module is named from. */
  readonly root: string;
  /** A file that starts with `./`, or a package. */
  readonly use: string;
}

/** Message to a thread; `abort` tells the method that nobody waits for it. */
export type ToThread =
  | { readonly kind: 'call'; readonly asked: Asked }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly kind: 'abort' };

/** Message of a thread. */
export type FromThread =
  | { readonly kind: 'question'; readonly id: number; readonly question: Question }
  | { readonly kind: 'reply'; readonly reply: Reply };
