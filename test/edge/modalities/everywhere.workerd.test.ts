/** Jobs, event stream, cache, metrics, comparison and summary for every kind of data that is no image. */
import { describe, expect, it, vi } from 'vitest';
import { appWith, type Output, outputsOf } from '../../support/app.ts';
import { explainer, featuresOf, KINDS } from '../../support/data-requests.ts';

const ask = appWith();
const explain = explainer(ask);

interface Event {
  readonly event: string;
  readonly data: { readonly outputs?: readonly Output[]; readonly done?: number; readonly total?: number };
}

/** Events of a stream, in order. */
async function eventsOf(response: Response): Promise<Event[]> {
  const blocks = (await response.text()).split('\n\n').filter((block) => block.includes('data:'));
  return blocks.map((block) => ({
    event: /^event: ?(.*)$/m.exec(block)?.[1] ?? '',
    data: JSON.parse(/^data: ?(.*)$/m.exec(block)?.[1] ?? 'null'),
  }));
}

describe.each(KINDS)('$kind over HTTP', ({ model, type, body, method, feature }) => {
  const send = (query: string, headers = {}) => explain(model, `method=${method}&${query}`, type, body, headers);
  const names = (features: ReturnType<typeof featuresOf>): string[] => features.map(({ name }) => name);

  it('runs as a job with the features of a direct request', async () => {
    const accepted = await send('seed=11', { Prefer: 'respond-async' });
    expect(accepted.status, await accepted.clone().text()).toBe(202);
    const { id } = (await accepted.json()) as { id: string };
    const job = await vi.waitUntil(
      async () => {
        const view = (await (await ask(`/v2/jobs/${id}`)).json()) as { status: string; result: string };
        return view.status !== 'queued' && view.status !== 'running' && view;
      },
      { timeout: 40_000, interval: 100 },
    );
    expect(job.status).toBe('succeeded');
    const result = featuresOf(await outputsOf(await ask(job.result)));
    expect(names(result)).toContain(feature);
    expect(result).toEqual(featuresOf(await outputsOf(await send('seed=11&route=edge'))));
  });

  it('is streamed as progress and a result with features', async () => {
    const response = await send('seed=12', { Accept: 'text/event-stream' });
    expect(response.headers.get('Content-Type')).toMatch(/^text\/event-stream/);
    const events = await eventsOf(response);
    expect(events.some(({ event, data }) => event === 'progress' && (data.total ?? 0) > 0)).toBe(true);
    const last = events.at(-1);
    expect(last?.event).toBe('result');
    const outputs = Object.fromEntries((last?.data.outputs ?? []).map((output) => [output.name, output]));
    expect(names(featuresOf(outputs))).toContain(feature);
  });

  it('is answered from the cache the second time, with the same features', async () => {
    const [first, second] = [await send('seed=13'), await send('seed=13')];
    expect(first.headers.get('X-Whylight-Cache')).toBe('miss');
    expect(second.headers.get('X-Whylight-Cache')).toMatch(/hit/);
    expect(featuresOf(await outputsOf(second))).toEqual(featuresOf(await outputsOf(first)));
  });

  it('is measured by metrics', async () => {
    const outputs = await outputsOf(await send('metrics=deletion,sparseness'));
    for (const metric of ['deletion', 'sparseness']) {
      const [value] = (outputs[`metric.${metric}`]?.data ?? []) as number[];
      expect(value, metric).toBeTypeOf('number');
      expect(Number.isFinite(value)).toBe(true);
    }
  });

  it('is explained in words by its features', async () => {
    const { summary } = await outputsOf(await send('summary=true'));
    expect(String(summary?.data[0])).toMatch(/of the features|hidden/);
  });

  it('is explained by several methods side by side', async () => {
    const response = await ask(`/v2/models/${model}/compare?methods=${method},occlusion`, {
      method: 'POST',
      headers: { 'Content-Type': type },
      body,
    });
    expect(response.status, await response.clone().text()).toBe(200);
    const outputs = await outputsOf(response);
    for (const one of [method, 'occlusion']) {
      const own = { features: outputs[`${one}.features`] as Output };
      expect(names(featuresOf(own)), one).toContain(feature);
    }
  });
});
