/** Explanations in the page. */
import { type Answer, type Api, Failure, type Hooks, type ModelInfo, type Question } from '../api.ts';

export interface InBrowser {
  scores(picture: Blob, signal?: AbortSignal): Promise<number[]>;
  explain(question: Question, picture: Blob, hooks: Hooks): Promise<Answer>;
}

export function inBrowser(_api: Api, _model: ModelInfo): InBrowser {
  throw new Failure('internal', 'not yet');
}

export function stopBrowser(): void {}
