import { describe, expect, it } from 'vitest';
import { checkTenant } from '../../../src/config/check-tenant.ts';
import { MethodRegistry } from '../../../src/core/method/registry.ts';
import { mayUseMethod } from '../../../src/edge/tenants/rights.ts';
import saliency from '../../../src/plugins/gradient/saliency.ts';
import occlusion from '../../../src/plugins/perturbation/occlusion.ts';

const entries = [{ method: saliency }, { method: occlusion, unlisted: true }];
const allowed = (methods: '*' | string[]): string[] =>
  entries.filter((entry) => mayUseMethod({ methods, parameters: {} }, entry)).map(({ method }) => method.id);

describe('methods of a tenant', () => {
  it('are the listed ones for "*", and unlisted ones by their names beside it', () => {
    expect(allowed('*')).toEqual(['saliency']);
    expect(allowed(['*'])).toEqual(['saliency']);
    expect(allowed(['*', 'occlusion'])).toEqual(['saliency', 'occlusion']);
    expect(allowed(['occlusion'])).toEqual(['occlusion']);
  });

  it('may be "*" and names of methods that exist', () => {
    const registry = new MethodRegistry(entries);
    const issues = (methods: '*' | string[]) => checkTenant({ methods, parameters: {} }, registry);
    expect(issues(['*', 'occlusion'])).toEqual([]);
    expect(issues(['*', 'occlusoin'])).toMatchObject([{ path: ['methods', 1] }]);
  });
});
