/** Parts of generated modules: entries, and the components that they are made of. */
import { relative } from 'node:path';
import type { IsolatedBuild } from '../../src/core/isolation/protocol.ts';
import type { Method } from '../../src/core/method/contract.ts';
import type { Modality } from '../../src/core/modality/modality.ts';

/** Components in the order of the configuration. */
export interface BuiltIn {
  readonly methods: readonly Method[];
  readonly modalities: readonly Modality[];
  /** Builds of the methods, see `buildOf`. */
  readonly builds: readonly (string | undefined)[];
  /** Builds of the methods that have an isolate of their own, by id. */
  readonly isolated: ReadonlyMap<string, { readonly build: IsolatedBuild }>;
  /** See `compilerBuild`. */
  readonly compiler: string;
  /** See `readerBuild`. */
  readonly reader: string;
}

/** Module specifier of a component, seen from the generated file, whose folder is `root` away from that of the project. */
export const specifier = (use: string, root = '..'): string =>
  JSON.stringify(use.startsWith('.') ? `${root}/${relative('.', use).replaceAll('\\', '/')}` : use);
