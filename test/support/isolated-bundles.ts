/** Bundles of methods for the tests in workerd, which can bundle nothing themselves. */
import { describeMethod } from '../../src/core/isolation/describe.ts';
import type { IsolatedBuild } from '../../src/core/isolation/protocol.ts';
import type { Method } from '../../src/core/method/contract.ts';
import { bundleMethod } from '../../src/node/isolation/bundle-method.ts';
import gradCam from '../../src/plugins/activation/grad-cam.ts';
import saliency from '../../src/plugins/gradient/saliency.ts';
import occlusion from '../../src/plugins/perturbation/occlusion.ts';
import { BAD_PLUGINS } from './bad-plugins.ts';

/** Build of a method, and the text of its bundle. */
export interface BuiltMethod {
  readonly build: IsolatedBuild;
  readonly text: string;
}

const GOOD: readonly (readonly [Method, string])[] = [
  [saliency as unknown as Method, './src/plugins/gradient/saliency.ts'],
  [gradCam as unknown as Method, './src/plugins/activation/grad-cam.ts'],
  [occlusion as unknown as Method, './src/plugins/perturbation/occlusion.ts'],
];

/** Builds good methods, and one bundle of all bad ones that takes the first where no other is asked for. */
export async function isolatedBundles(): Promise<{ readonly good: BuiltMethod[]; readonly bad: BuiltMethod }> {
  const root = process.cwd();
  const good = await Promise.all(GOOD.map(([method, use]) => bundleMethod(root, use, describeMethod(method))));
  const [first] = BAD_PLUGINS;
  const bad = await bundleMethod(
    root,
    './test/support/first-bad-plugin.ts',
    describeMethod((first as (typeof BAD_PLUGINS)[number]).method),
  );
  return { good, bad };
}
