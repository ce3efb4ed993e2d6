import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { environmentOf } from '../../scripts/deploy/environment.ts';
import { makeResources, type RunWrangler, resourcesOf } from '../../scripts/deploy/resources.ts';
import { runScript } from '../support/command-line.ts';

const WRANGLER_TOML = readFileSync('wrangler.toml', 'utf8');
const TOML = environmentOf(WRANGLER_TOML);

/** An account that answers as wrangler prints it. An account of Cloudflare cannot be had in a test. */
function account(namespaces: string[] = [], buckets: string[] = [], queues: string[] = []) {
  const made: string[] = [];
  const run: RunWrangler = async (args) => {
    const name = args.at(-1) as string;
    const list = args[0] === 'kv' ? namespaces : args[0] === 'r2' ? buckets : queues;
    if (args.includes('create')) {
      list.push(name);
      made.push(args.join(' '));
      return `Created ${name}`;
    }
    if (args[0] === 'kv') return JSON.stringify(namespaces.map((title) => ({ id: `id-of-${title}`, title })));
    return list.map((one) => `name:           ${one}\ncreation_date:  2026-11-01\n`).join('\n');
  };
  return { run, made };
}

describe('resources of a deployment', () => {
  it('are those that wrangler.toml binds', () => {
    expect(resourcesOf(TOML)).toEqual({
      namespaces: ['RESULTS', 'TENANTS'],
      buckets: ['whylight-jobs', 'whylight-models'],
      queues: ['whylight-jobs', 'whylight-jobs-dead'],
    });
  });

  it('are made in an empty account, and their ids written into the configuration', async () => {
    const { run, made } = account();
    const written = await makeResources(TOML, run, () => undefined);
    expect(made).toEqual([
      'kv namespace create whylight-RESULTS',
      'kv namespace create whylight-TENANTS',
      'r2 bucket create whylight-jobs',
      'r2 bucket create whylight-models',
      'queues create whylight-jobs',
      'queues create whylight-jobs-dead',
    ]);
    expect(written).toContain('binding = "RESULTS"\nid = "id-of-whylight-RESULTS"');
    expect(written).toContain('binding = "TENANTS"\nid = "id-of-whylight-TENANTS"');
    expect(written.replaceAll(/^id = .*$/gm, '')).toBe(TOML.replaceAll(/^id = .*$/gm, ''));
  });

  it('are not made twice', async () => {
    const { run, made } = account(['whylight-RESULTS'], ['whylight-jobs-old', 'whylight-models'], ['whylight-jobs']);
    await makeResources(TOML, run, () => undefined);
    expect(made).toEqual([
      'kv namespace create whylight-TENANTS',
      'r2 bucket create whylight-jobs',
      'queues create whylight-jobs-dead',
    ]);
  });

  it('are made up to the first that fails, whose reason is thrown', async () => {
    const { run } = account();
    const failing: RunWrangler = async (args) => {
      if (args.includes('r2')) throw new Error('wrangler r2 bucket list failed: no permission');
      return run(args);
    };
    await expect(makeResources(TOML, failing, () => undefined)).rejects.toThrow('no permission');
  });
});

describe('environments of a deployment', () => {
  it('have the same bindings, each with resources of its own', () => {
    const staging = environmentOf(WRANGLER_TOML, 'staging');
    const bindingsOf = (toml: string) =>
      [...toml.matchAll(/^(?:binding|name) = "([A-Z_0-9]+)"/gm)].map(([, name]) => name);
    expect(bindingsOf(staging).sort()).toEqual(bindingsOf(TOML).sort());
    const { buckets, queues } = resourcesOf(staging);
    const production = resourcesOf(TOML);
    for (const name of [...buckets, ...queues]) {
      expect(name).toMatch(/^whylight-staging-/);
      expect([...production.buckets, ...production.queues]).not.toContain(name);
    }
    expect(staging).toMatch(/^name = "whylight-staging"$/m);
    expect(staging).toContain('tag = "explanation-job"');
  });

  it('are refused where wrangler.toml has none of the name', () => {
    expect(() => environmentOf(WRANGLER_TOML, 'stagin')).toThrow('it has staging');
  });

  it.each([[], ['--env', 'staging']])('build with wrangler deploy --dry-run %s %s', (...flags) => {
    const { code, stdout, stderr } = runScript('scripts/deploy.ts', '--dry-run', ...flags);
    expect([code, stderr]).toEqual([0, '']);
    for (const binding of ['LEDGER', 'JOBS', 'RESULTS', 'TENANTS', 'JOB_QUEUE', 'UPLOADS', 'SHADOWS', 'RATE_6000']) {
      expect(stdout).toMatch(new RegExp(`^env\\.${binding} `, 'm'));
    }
  });
});
