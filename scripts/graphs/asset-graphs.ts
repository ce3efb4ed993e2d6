/** Graphs of the models of a configuration, written beside the models for the Worker. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MethodRegistry } from '../../src/core/method/registry.ts';
import { Model } from '../../src/core/model/model.ts';
import { TaskRegistry } from '../../src/core/task/registry.ts';
import type { Task } from '../../src/core/task/task.ts';
import { GRAPH_FOLDER, shippedGraphName } from '../../src/edge/models/shipped-graphs.ts';
import type { ModelStore } from '../../src/edge/models/store.ts';
import { pack } from '../../src/protocol/packed.ts';
import { seal } from '../../src/protocol/sealed.ts';
import { modelGraphs } from './model-graphs.ts';
import { ENGINE_VERSION } from './optimiser.ts';

export interface AssetGraphs {
  /** Folder of the static assets. */
  readonly folder: string;
  readonly models: ModelStore;
  /** Ids of the methods whose graphs are compiled. */
  readonly methods: readonly string[];
  readonly registry: MethodRegistry;
  readonly tasks: readonly Task[];
  /** Build of the compiler. */
  readonly compiler: string;
}

/**
 * Writes the graphs that the methods need of each model, each sealed under its name. Methods that have no graph for a
 * model, such as a CAM of a model without feature maps, are left out for it.
 */
export async function writeGraphs({ folder, models, methods, registry, tasks, compiler }: AssetGraphs): Promise<void> {
  const { forms } = new TaskRegistry(tasks);
  const target = join(folder, GRAPH_FOLDER);
  await mkdir(target, { recursive: true });
  for (const name of models.names) {
    const model = await Model.read({ ...(await models.open(name)), forms });
    for (const [key, graph] of await modelGraphs(
      model,
      methods.map((method) => ({ method })),
      registry,
    )) {
      const file = await shippedGraphName({ compiler, engine: ENGINE_VERSION, key });
      await writeFile(join(target, file), await seal(file, pack(graph)));
    }
  }
}
