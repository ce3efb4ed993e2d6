/** Bindings of the container for every process of Node. */
import { defineModule, type Module } from '../composition/container.ts';
import { CORE } from '../composition/tokens.ts';
import { EDGE, SERVICES } from '../edge/composition/tokens.ts';
import type { Configured } from '../edge/configured.ts';
import type { Limits } from '../edge/limits.ts';
import { givenModels } from '../edge/models/given-models.ts';
import { nodeCodecs } from './codecs.ts';
import { readBytes } from './files.ts';
import { openFolder } from './model-folders.ts';

export interface NodeSettings {
  /** Models by name: paths of folders or ONNX files, bytes, or functions that return either. */
  readonly models: Configured['models'];
  readonly limits: Limits;
}

/** Binds models, codecs and limits. */
export const nodeModule = ({ models, limits }: NodeSettings): Module =>
  defineModule(({ bind }) => {
    bind(CORE.readFile).toConstantValue((path) => readBytes(path, 'file'));
    bind(SERVICES.limits).toConstantValue(limits);
    bind(SERVICES.codecs).toResolvedValue(() => nodeCodecs({ maxPixels: limits.maxPixels }));
    bind(SERVICES.pause).toConstantValue(() => new Promise((resolve) => setImmediate(resolve)));
    bind(EDGE.modelStore).toConstantValue(givenModels(models, {}, openFolder));
  });
