/** Shares of the processor time of a Worker by source file, from a profile of V8 and the source maps of its modules. */
import type { SourceMap } from 'node:module';
import { basename } from 'node:path';
import type { Inspector } from './inspector.ts';

/** Source maps by name of the module's file. */
type SourceMaps = ReadonlyMap<string, SourceMap>;

interface Frame {
  readonly functionName: string;
  readonly url: string;
  /** Counted from 0. */
  readonly lineNumber: number;
  readonly columnNumber: number;
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: Frame;
  readonly children?: readonly number[];
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  /** Node of each sample. */
  readonly samples: readonly number[];
}

/** Microseconds between two samples. */
const INTERVAL = 100;

/**
 * Profiles the isolate while `work` runs. Every sample counts alike, as the time before one is also that in which other
 * processes had the processor.
 * @returns number of samples by source file; those in WebAssembly and built-in functions count for the file that called
 *   them. `idle` is left out; `(garbage collector)` and `(program)` are V8's own.
 */
export async function samplesByFile(
  inspector: Inspector,
  maps: SourceMaps,
  work: () => Promise<void>,
): Promise<ReadonlyMap<string, number>> {
  await inspector.call('Profiler.enable');
  await inspector.call('Profiler.setSamplingInterval', { interval: INTERVAL });
  await inspector.call('Profiler.start');
  await work();
  const { profile } = await inspector.call<{ profile: Profile }>('Profiler.stop');
  const files = filesOf(profile.nodes, maps);
  const counts = new Map<string, number>();
  for (const node of profile.samples) {
    const file = files.get(node) as string;
    if (file !== '(idle)') counts.set(file, (counts.get(file) ?? 0) + 1);
  }
  return counts;
}

/** File of each node: its own, or that of the nearest caller that has one. */
function filesOf(nodes: readonly ProfileNode[], maps: SourceMaps): ReadonlyMap<number, string> {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const files = new Map<number, string>();
  const visit = (node: ProfileNode, above: string): void => {
    const file = fileOf(node.callFrame, maps) ?? above;
    files.set(node.id, file);
    for (const child of node.children ?? []) visit(byId.get(child) as ProfileNode, file);
  };
  visit(nodes[0] as ProfileNode, '(program)');
  return files;
}

const VIRTUAL = /^\((?:idle|garbage collector|program)\)$/;

function fileOf({ functionName, url, lineNumber, columnNumber }: Frame, maps: SourceMaps): string | undefined {
  if (VIRTUAL.test(functionName)) return functionName;
  const entry = maps.get(basename(url))?.findEntry(lineNumber, columnNumber);
  // Code that the bundler has written is of no source file.
  if (!entry || !('originalSource' in entry) || !entry.originalSource) return undefined;
  return entry.originalSource.replace(/^(?:\.\.\/)+/, '');
}
