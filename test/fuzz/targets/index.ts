/** Fuzz targets by name. Each is loaded when it is asked for, since some of them read models and start an engine. */
import type { FuzzTarget } from '../target.ts';

/** Modules of the targets, by name. */
export const TARGETS: Readonly<Record<string, string>> = Object.fromEntries(
  ['onnx', 'image', 'oip', 'config', 'text', 'csv', 'wav'].map((name) => [
    name,
    new URL(`./${name}.ts`, import.meta.url).href,
  ]),
);

/** Loads the default export of a module. */
export const loadTarget = async (module: string): Promise<FuzzTarget> =>
  ((await import(module)) as { readonly default: FuzzTarget }).default;
