/** An explanation as a stream of events. */
import type { Context } from 'hono';
import { streamSSE } from 'hono/streaming';
import { answered } from '../../core/method/answered.ts';
import { partialOutputs } from '../../protocol/explanation-outputs.ts';
import { linkTo } from '../http/base-path.ts';
import type { EdgeEnv } from '../http/env.ts';
import { responseText } from '../http/inference-response.ts';
import { problemOf } from '../http/problem.ts';
import { jobView } from '../jobs/view.ts';
import { DeferToJob } from '../routing/run.ts';
import type { Services } from '../services.ts';
import { type AnswerHooks, explainOrDefer } from './explain-cached.ts';
import type { ExplainQuery } from './query.ts';
import { wireAnswer } from './represent.ts';
import { submitQuery } from './submit-query.ts';

/**
 * Streams events: `progress` {done, total}; `partial` with a map that is right but not yet precise; then `result` with the
 * answer in JSON, `job` where a job takes its place, or `error` with the problem.
 */
export function eventStream(c: Context<EdgeEnv>, services: Services, query: ExplainQuery): Response {
  c.header('Cache-Control', 'no-store');
  return streamSSE(c, async (stream) => {
    const send = (event: string, data: string) => stream.writeSSE({ event, data });
    try {
      const answer = await explainOrDefer(c, services, query, eventHooks(send));
      if (answer instanceof DeferToJob) {
        const job = await submitQuery(c, services, query);
        await send('job', JSON.stringify(jobView(job, (path) => linkTo(c, path))));
        return;
      }
      const wire = await answered(() => wireAnswer(c, services, query, answer.explanation));
      await send('result', responseText(wire));
    } catch (error) {
      await send('error', JSON.stringify(problemOf(error, c.get('requestId'), c.get('positions'))));
    }
  });
}

/** Makes hooks that send events; progress is sent once for each percent. */
function eventHooks(send: (event: string, data: string) => Promise<void>): AnswerHooks {
  let last = -1;
  return {
    progress(done, total) {
      const percent = Math.floor((100 * done) / total);
      if (percent === last) return;
      last = percent;
      void send('progress', JSON.stringify({ done, total }));
    },
    partial(row, explained) {
      void send('partial', responseText(partialOutputs(row, explained)));
    },
  };
}
