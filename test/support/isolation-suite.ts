/** Suite: bad methods spoil nothing for another tenant. It runs in workerd and in Node. */
import { describe, expect, it } from 'vitest';
import { BAD_PLUGINS, type BadPlugin, SECRET } from './bad-plugins.ts';

/** Asks for an explanation of one fixed input as a tenant. */
export type AskAs = (tenant: string, method: string) => Promise<Response>;

/** Methods of the other tenant: a gradient, an activation and another ruleset, each a graph of its own. */
const GOOD = ['saliency', 'grad_cam', 'lrp'];

/** A method whose graph is compiled after all bad methods have run. */
const LATER = ['guided_backprop'];

/** Attribution without times and ids, which differ between runs. */
async function answersOf(ask: AskAs, methods: readonly string[] = GOOD): Promise<unknown[]> {
  const answers: unknown[] = [];
  for (const method of methods) {
    const response = await ask('careful', method);
    const { outputs } = (await response.json()) as { outputs?: unknown };
    answers.push([method, response.status, outputs]);
  }
  return answers;
}

/**
 * @param askElsewhere the same of an app that no bad method has run in
 * @param plugins those of every suite when left out
 */
export function testIsolation(ask: AskAs, askElsewhere: AskAs, plugins: readonly BadPlugin[] = BAD_PLUGINS): void {
  describe('a bad method', () => {
    let expected: unknown[];

    it('starts with another tenant whose answers are right', async () => {
      expected = await answersOf(ask);
      expect(expected.map((answer) => (answer as unknown[])[1])).toEqual(GOOD.map(() => 200));
    });

    it.each(plugins.map(({ method, status }) => [method.id, status] as const))(
      '%s is answered with %i, and the answers of another tenant stay equal',
      async (id, status) => {
        const response = await ask('reckless', id);
        const text = await response.text();
        expect(response.status, text).toBe(status);
        expect(text).not.toContain(SECRET);
        expect(await answersOf(ask)).toEqual(expected);
      },
    );

    it('changes no graph that is compiled later', async () => {
      expect(await answersOf(ask, LATER)).toEqual(await answersOf(askElsewhere, LATER));
    });
  });
}
