/** Files that operators import: what they name must exist. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MemoryPool } from '../src/core/memory-pool.ts';
import { onnxruntimeNode } from '../src/node/onnxruntime-node.ts';
import { originServices } from '../src/node/origin-services.ts';

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

const named = (source: string): string[] => [
  ...new Set([...source.matchAll(/\bwhylight_[a-z_]+/g)].map(([name]) => name)),
];
const recorded = [...text(RULES).matchAll(/record: (\S+)/g)].map(([, name]) => name);
const anchors = [...text('docs/runbooks.md').matchAll(/^## (.+)$/gm)].map(([, heading = '']) =>
  heading.toLowerCase().replaceAll(' ', '-'),
);

describe('files for monitoring', () => {
  it.each([RULES, DASHBOARD])('%s names only metrics that a server has', async (path) => {
    const known = await metricNames();
    expect(named(text(path)).filter((name) => !known.has(name))).toEqual([]);
  });

  it.each([RULES, DASHBOARD])('%s uses only rules that are recorded', (path) => {
    const used = [...text(path).matchAll(/\bwhylight:[\w:]+/g)].map(([name]) => name);
    expect(used.filter((name) => !recorded.includes(name))).toEqual([]);
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
    const { panels } = JSON.parse(text(DASHBOARD)) as { panels: { title: string; targets: { expr: string }[] }[] };
    expect(panels.filter(({ targets }) => targets.length === 0 || targets.some(({ expr }) => expr === ''))).toEqual([]);
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
  });

  it('queries for Analytics Engine use only columns that data points have', () => {
    const documented = text('docs/operate.md') + text('docs/drift.md');
    const columns = text('deploy/monitoring/analytics-engine.sql').match(/\b(blob|double|index)\d\b/g) ?? [];
    expect([...new Set(columns)].filter((column) => !documented.includes(`\`${column}\``))).toEqual([]);
  });
});
