/** Provenance of a page, from which it can be made again: model, versions, parameters, seeds. */
import { env } from 'onnxruntime-common';
import type { Settings } from './journal.ts';
import type { ProvenanceData } from './page-data.ts';

/** @param command the line that was typed */
export function provenance(settings: Settings, command?: string): ProvenanceData {
  const { maps: _, record_version: __, ...told } = settings;
  const versions = { node: process.version, onnxruntime: env.versions.common };
  const rows = Object.entries({ ...told, ...versions }).flatMap(([key, value]) => rowsOf(key, value));
  return { ...(command !== undefined && { command }), rows };
}

function rowsOf(key: string, value: unknown): [string, string][] {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((one) => rowsOf(key.replace(/s$/, ''), one));
  if (typeof value !== 'object' || value === null) return [[key, String(value)]];
  if (key === 'model') {
    const { name, version, digest } = value as Record<string, string>;
    return [
      ['model', `${name} ${version}`],
      ['model digest', `sha256 ${digest}`],
    ];
  }
  const { method, metric, revision, params } = value as Record<string, unknown>;
  if (method === undefined && metric === undefined) return [[key, JSON.stringify(value)]];
  const parameters = Object.entries((params ?? {}) as object).map(([name, it]) => `${name}=${plain(it)}`);
  const head = revision === undefined ? String(method ?? metric) : `${method}, revision ${revision}`;
  return [[key, [head, ...parameters].join(', ')]];
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
