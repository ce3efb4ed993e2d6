/** Bad methods in threads of their own: those of the other suites, and those that would end the process. */
import { afterAll, expect, it } from 'vitest';
import { BAD_PLUGINS, WORSE_PLUGINS } from '../../support/bad-plugins.ts';
import { isolatedPlugins } from '../../support/isolated-plugins.ts';
import { isolationEdge, withImpatience } from '../../support/isolation-edges.ts';
import { testIsolation } from '../../support/isolation-suite.ts';

const plugins = [...BAD_PLUGINS, ...WORSE_PLUGINS];
const { methods: isolated, remove } = await isolatedPlugins(plugins);
afterAll(remove);

const edge = isolationEdge(isolated);
const impatient = isolationEdge(isolated, 300);

testIsolation(withImpatience(edge, impatient, ['bad_never', 'bad_spins']), isolationEdge(isolated), plugins);

it('serves other tenants while a method spins', async () => {
  const order: string[] = [];
  const spinning = impatient('reckless', 'bad_spins').then(() => order.push('bad_spins'));
  const response = await edge('careful', 'saliency');
  order.push('saliency');
  expect(response.status).toBe(200);
  await spinning;
  expect(order).toEqual(['saliency', 'bad_spins']);
});
