/**
 * `npm run bench:size`: JavaScript of the Worker and of Workers that embed whylight, minified, by package and folder. The
 * engine (onnxruntime-web and its WebAssembly) is counted apart. Of the Worker, modules that an isolate evaluates when it
 * starts are counted apart from those that it loads when they are first needed. What `codecs` of plugins.config.json can
 * leave out is counted too; the PNG codec stays, since it encodes answers.
 */
import { type BundleSize, bundleSize, deploymentSize, WORKERS, workerSize } from '../test/support/bundle-size.ts';

const KB = 1000;
const kb = (bytes: number): string => `${(bytes / KB).toFixed(0)} kB`;

const { start, all, codecs } = await workerSize();
console.log(`the Worker: ${kb(start.bytes)} loaded at start, ${kb(all.bytes)} in all; at start:`);
list(start);
for (const [format, { script, wasm }] of codecs)
  console.log(`its ${format} codec: ${(script / KB).toFixed(1)} kB, and ${kb(wasm)} of WebAssembly`);
const deployment = await deploymentSize();
console.log(
  `a deployment with every method: ${kb(deployment.start.bytes)} loaded at start, ${kb(deployment.all.bytes)} in all`,
);
for (const [title, contents] of Object.entries(WORKERS)) {
  const size = await bundleSize(contents);
  console.log(`${title}: ${kb(size.own)} beside the engine (${kb(size.engine)})`);
  list(size);
}

function list({ groups }: BundleSize): void {
  for (const [group, bytes] of groups.filter(([, size]) => size > 2 * KB))
    console.log(`  ${(bytes / KB).toFixed(1).padStart(7)} ${group}`);
}
