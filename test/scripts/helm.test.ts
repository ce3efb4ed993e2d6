/** The chart of the origin against what the origin takes and offers, and the plain manifests against the chart. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { whylight } from '../support/command-line.ts';
import { readValues, renderChart } from '../support/helm.ts';

const CHART = 'deploy/helm/whylight-origin';
const values = readValues(`${CHART}/values.yaml`);
const rendered = renderChart(CHART, 'whylight-origin', values);

/** Kinds of the documents. */
const kindsOf = (text: string): string[] => [...text.matchAll(/^kind: (\w+)$/gm)].map(([, kind = '']) => kind);

describe('the Helm chart of the origin', () => {
  it('renders to deploy/kubernetes/origin.yaml with its default values', () => {
    const [, manifests] = readFileSync('deploy/kubernetes/origin.yaml', 'utf8').split(/^# .*\n/);
    expect(manifests).toBe(rendered);
    expect(kindsOf(rendered)).toEqual(['HorizontalPodAutoscaler', 'PodDisruptionBudget', 'Deployment', 'Service']);
    expect(rendered).not.toMatch(/\{\{|\}\}|undefined/);
  });

  it('has KEDA in place of the HorizontalPodAutoscaler, and an inference server, where values say so', () => {
    const text = renderChart(CHART, 'one', {
      ...values,
      'keda.enabled': 'true',
      inferenceServer: 'http://triton:8000',
    });
    expect(kindsOf(text)).toEqual(['PodDisruptionBudget', 'Deployment', 'ScaledObject', 'Service']);
    expect(text).toContain('sum(whylight_runs_waiting{job="one"})');
    expect(text).toContain('- --inference-server=http://triton:8000\n          env:');
  });

  it('passes only flags and variables that whylight serve has', () => {
    const help = whylight('serve', '--help').stdout;
    const source = readFileSync('src/cli/commands/serve.ts', 'utf8');
    const flags = [...rendered.matchAll(/- (--[\w-]+)=/g)].map(([, flag = '']) => flag);
    expect(flags.length).toBeGreaterThan(4);
    for (const flag of flags) expect(help).toContain(`${flag} `);
    for (const [, name = ''] of rendered.matchAll(/- name: (WHYLIGHT_\w+)/g)) expect(source).toContain(`'${name}'`);
  });

  it('scales on a metric that the origin has, and gives runs the time to end', () => {
    expect(readFileSync('src/node/origin-services.ts', 'utf8')).toContain('whylight_runs_waiting');
    const grace = Number(/terminationGracePeriodSeconds: (\d+)/.exec(rendered)?.[1]);
    expect(grace).toBeGreaterThan(Number(values.drain));
    const mib = Number(/memory: (\d+)Gi/.exec(rendered)?.[1]) * 1024;
    expect(mib).toBeGreaterThan(Number(values.memoryMib));
  });
});
