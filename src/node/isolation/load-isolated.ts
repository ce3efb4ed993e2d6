/** Methods in threads of their own. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeIn, isolatedMethod } from '../../core/isolation/isolated-method.ts';
import type { IsolatedBuild } from '../../core/isolation/protocol.ts';
import type { Method } from '../../core/method/contract.ts';
import { ThreadPool } from './thread-pool.ts';

/**
 * Makes a method whose module is loaded in a thread of its own, and nowhere else.
 * @param use a file that starts with `./`, or a package
 * @param root folder that it is named from; the current one when left out
 * @throws WhylightError `invalid_config` for what is no method
 *
 * @example
 * import { createEdge, isolate } from 'whylight/edge';
 * const edge = createEdge({ methods: [await isolate('saliency-method-x')], models: { cifar10: 'models/cifar10' } });
 * @see docs/plugins.md
 */
export async function isolate(use: string, root = '.'): Promise<Method> {
  const pool = new ThreadPool(use, { root: resolve(root), use });
  return isolatedMethod(await describeIn(pool), pool);
}

/** Folder of the project. */
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Makes such a method from what the build of the project has of it; its thread starts with the first call. */
export const isolatedIn = ({ use, description }: IsolatedBuild): Method =>
  isolatedMethod(description, new ThreadPool(description.id, { root: ROOT, use }));
