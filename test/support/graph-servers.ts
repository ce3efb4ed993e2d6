/** The compiled graphs of methods, as models of any server of ours: each with a manifest that only names it. */

import { exportedGraphs } from '../../src/cli/export/graphs.ts';
import { PROCESS_LIMITS } from '../../src/core/limits.ts';
import type { Method } from '../../src/core/method/contract.ts';
import { MethodRegistry } from '../../src/core/method/registry.ts';
import type { Model } from '../../src/core/model/model.ts';

export interface GraphModel {
  readonly manifest: { readonly name: string; readonly external: readonly string[] };
  readonly files: readonly { readonly path: string; readonly data: Uint8Array }[];
}

export async function graphModels(model: Model, methods: readonly Method[]): Promise<GraphModel[]> {
  const registry = new MethodRegistry(methods.map((method) => ({ method })));
  const { optimize } = PROCESS_LIMITS;
  const { graphs } = await exportedGraphs(model, { methods: registry.ids, registry, optimize });
  return graphs.map(({ name, file: { graph, external = [] } }) => ({
    manifest: { name, external: external.map(({ path }) => path) },
    files: [{ path: 'model.onnx', data: graph }, ...external],
  }));
}
