/** Bindings of the container for every process of Node. */
import { defineModule, type Module } from '../composition/container.ts';
import { EDGE, SERVICES } from '../edge/composition/tokens.ts';
import type { Limits } from '../edge/limits.ts';
import { nodeCodecs } from './codecs.ts';
import { folderModels } from './model-folders.ts';

export interface NodeSettings {
  /** Path of each model's folder, by name. */
  readonly models: Readonly<Record<string, string>>;
  readonly limits: Limits;
}

/** Binds models in folders, codecs and limits. */
export const nodeModule = ({ models, limits }: NodeSettings): Module =>
  defineModule(({ bind }) => {
    bind(SERVICES.limits).toConstantValue(limits);
    bind(SERVICES.codecs).toResolvedValue(() => nodeCodecs({ maxPixels: limits.maxPixels }));
    bind(SERVICES.pause).toConstantValue(() => new Promise((resolve) => setImmediate(resolve)));
    bind(EDGE.modelStore).toConstantValue(folderModels(models));
  });
