/** Files that operators import: what they name must exist. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { MemoryPool } from '../src/core/memory-pool.ts';
import { onnxruntimeNode } from '../src/node/onnxruntime-node.ts';
import { originServices } from '../src/node/origin-services.ts';
import { itUnless } from './support/optional-tests.ts';

const text = (path: string): string => readFileSync(path, 'utf8');
const RULES = 'deploy/monitoring/rules.yml';
const DASHBOARD = 'deploy/monitoring/grafana.json';

/** Names of the metrics that a server has once it has answered and run. */
async function metricNames(): Promise<Set<string>> {
  const options = { models: {}, provider: 'cpu', runs: 1, waiting: 1, delay: 0, log: () => undefined };
  const parts = { engine: onnxruntimeNode({ threads: 1 }), memory: new MemoryPool(2 ** 27) };
  const { metrics, drift } = (await originServices(options, parts)).services;
  drift?.add({ model: 'm', version: '1', method: 'rise', label: 'cat', shares: { centre: 1 } });
  const run = { tenant: 'a', model: 'm', method: 'rise', route: 'origin', code: '', ms: 1, queueMs: 1, samples: 1 };
  metrics?.ran?.(run);
  const facts = { verb: 'POST', route: '/', status: 200, code: '', tenant: 'a', model: 'm', method: 'rise' };
  metrics?.count({ ...facts, cache: 'hit', ms: 1, samples: 1 });
  return new Set([...(metrics?.text?.().body ?? '').matchAll(/^(whylight_\w+)/gm)].map(([, name]) => name as string));
}

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly record?: string; readonly expr: string }[] }[];
}
interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

const rules = (parse(text(RULES)) as Rules).groups.flatMap((group) => group.rules);
const { panels } = JSON.parse(text(DASHBOARD)) as Dashboard;
/** Expressions of each file; variables of Grafana stand for what it puts there. */
const EXPRESSIONS: Readonly<Record<string, readonly string[]>> = {
  [RULES]: rules.map(({ expr }) => expr),
  [DASHBOARD]: panels.flatMap(({ targets }) => targets.map(({ expr }) => expr.replaceAll('$__rate_interval', '5m'))),
};

/** Names of metrics and recorded rules in an expression, and whether it is PromQL. */
function read(expr: string): { readonly names: readonly string[]; readonly isValid: boolean } {
  const names: string[] = [];
  let isValid = true;
  parser.parse(expr).iterate({
    enter({ type, from, to }) {
      if (type.isError) isValid = false;
      if (type.name === 'Identifier') names.push(expr.slice(from, to));
    },
  });
  return { names, isValid };
}

const PROMTOOL = process.env.PROMTOOL ?? 'promtool';
const hasPromtool = spawnSync(PROMTOOL, ['--version']).status === 0;
const noPromtool = hasPromtool ? undefined : 'promtool is not installed, and PROMTOOL names none';
const recorded = rules.flatMap(({ record }) => (record === undefined ? [] : [record]));
const anchors = [...text('docs/runbooks.md').matchAll(/^## (.+)$/gm)].map(([, heading = '']) =>
  heading.toLowerCase().replaceAll(' ', '-'),
);

describe('files for monitoring', () => {
  it.each([RULES, DASHBOARD])('%s has expressions of PromQL', (path) => {
    const expressions = EXPRESSIONS[path] ?? [];
    expect(expressions.length).toBeGreaterThan(5);
    expect(expressions.filter((expr) => !read(expr).isValid)).toEqual([]);
  });

  it('sees what is no PromQL', () => {
    for (const expr of ['sum(rate(a[5m])', 'rate(a[5m)', 'a ==', 'sum by (a']) {
      expect([expr, read(expr).isValid]).toEqual([expr, false]);
    }
  });

  it.each([RULES, DASHBOARD])('%s names only metrics that a server has, and rules that are recorded', async (path) => {
    const known = new Set([...(await metricNames()), ...recorded]);
    const names = (EXPRESSIONS[path] ?? []).flatMap((expr) => read(expr).names);
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });

  itUnless(noPromtool, 'promtool accepts the rules, and they raise the alerts of their tests', () => {
    for (const args of [
      ['check', 'rules', 'rules.yml'],
      ['test', 'rules', 'rules.test.yml'],
    ]) {
      const { status, stdout, stderr, error } = spawnSync(PROMTOOL, args, { cwd: 'deploy/monitoring' });
      expect([args.join(' '), status, error?.message ?? (status === 0 ? '' : `${stdout}${stderr}`)]).toEqual([
        args.join(' '),
        0,
        '',
      ]);
    }
  });

  it('every alert says what it means and links to a section of the runbooks', () => {
    const alerts = text(RULES)
      .split(/- alert: /)
      .slice(1);
    expect(alerts.length).toBeGreaterThan(5);
    for (const alert of alerts) {
      const [, anchor = ''] = /runbook: docs\/runbooks\.md#(\S+)/.exec(alert) ?? [];
      expect([alert.split('\n')[0], anchors.includes(anchor)]).toEqual([alert.split('\n')[0], true]);
      expect(alert).toMatch(/summary: '.+'/);
      expect(alert).toMatch(/severity: (page|ticket)/);
    }
  });

  it('the dashboard is JSON with a query in every panel', () => {
    expect(panels.filter(({ targets }) => targets.length === 0 || targets.some(({ expr }) => expr === ''))).toEqual([]);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  });

  it('queries for Analytics Engine use only columns that data points have', () => {
    const documented = text('docs/operate.md') + text('docs/drift.md');
    const columns = text('deploy/monitoring/analytics-engine.sql').match(/\b(blob|double|index)\d\b/g) ?? [];
    expect([...new Set(columns)].filter((column) => !documented.includes(`\`${column}\``))).toEqual([]);
  });
});

describe('.dockerignore', () => {
  it('keeps files of secrets and of this machine out of the image', () => {
    const ignored = new Set(text('.dockerignore').split('\n'));
    for (const pattern of ['node_modules', '.git', '.wrangler', '**/.dev.vars*', '**/.env*', '**/*.secret.json']) {
      expect([pattern, ignored.has(pattern)]).toEqual([pattern, true]);
    }
  });
});

describe.each(['deploy/kubernetes/origin.yaml', 'deploy/helm/whylight-origin/templates/deployment.yaml'])(
  '%s',
  (path) => {
    it('sets every secret that whylight serve reads from the environment, the further ones only where they exist', () => {
      const manifest = text(path);
      const secrets = [...text('src/cli/commands/serve.ts').matchAll(/= '(WHYLIGHT_\w*(?:SECRET|KEY)\w*)'/g)];
      expect(secrets.length).toBeGreaterThanOrEqual(3);
      for (const [, name] of secrets) expect([name, manifest.includes(`- name: ${name}\n`)]).toEqual([name, true]);
      expect(manifest.match(/key: (origin-secret-older|receipt-keys)\n +optional: true/g)).toHaveLength(2);
      expect(manifest).toMatch(/configMapRef:\n +name: .*\n +optional: true/);
    });
  },
);
