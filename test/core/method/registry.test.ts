import { describe, expect, it } from 'vitest';
import { WhylightError } from '../../../src/core/errors.ts';
import { answered, NotAnswered } from '../../../src/core/method/answered.ts';
import { MethodRegistry } from '../../../src/core/method/registry.ts';
import saliency from '../../../src/plugins/gradient/saliency.ts';
import rise from '../../../src/plugins/perturbation/rise.ts';

/** A registry with one method that is there and one that is not, and the loads of the second. */
function lazyRegistry(): { readonly registry: MethodRegistry; readonly loads: () => number } {
  let count = 0;
  const load = async () => {
    count++;
    return rise;
  };
  const registry = new MethodRegistry([
    { method: saliency },
    { id: 'rise', load, unlisted: true, defaults: { n_masks: 8 } },
  ]);
  return { registry, loads: () => count };
}

describe('a method that is not loaded', () => {
  it('is known by its id, without being loaded', () => {
    const { registry, loads } = lazyRegistry();
    expect([registry.ids, registry.has('rise')]).toEqual([['saliency', 'rise'], true]);
    expect(registry.listed.map(({ method, unlisted }) => [method.id, unlisted])).toEqual([
      ['saliency', undefined],
      ['rise', true],
    ]);
    expect(loads()).toBe(0);
  });

  it('is loaded once, by work that asks for it', async () => {
    const { registry, loads } = lazyRegistry();
    expect(() => registry.get('rise')).toThrow(NotAnswered);
    const { method, params } = await answered(() => registry.bind('rise'));
    expect([method, params.n_masks]).toEqual([rise, 8]);
    expect(registry.get('rise')).toMatchObject({ method: rise, unlisted: true });
    await registry.load();
    expect(loads()).toBe(1);
  });

  it('is loaded with all others for a list of entries', async () => {
    const { registry } = lazyRegistry();
    expect((await answered(() => registry.entries)).map(({ method }) => method)).toEqual([saliency, rise]);
  });

  it('is checked as others are, when it is loaded', async () => {
    const registry = new MethodRegistry([{ id: 'rise', load: async () => rise, defaults: { n_masks: 'many' } }]);
    const error = await answered(() => registry.get('rise')).catch((thrown: unknown) => thrown);
    expect(WhylightError.is(error, 'invalid_config')).toBe(true);
  });

  it('leaves ids of no method to the question for it', async () => {
    const { registry } = lazyRegistry();
    await registry.load(['rize']);
    expect(() => registry.get('rize')).toThrow('Did you mean rise?');
  });
});
