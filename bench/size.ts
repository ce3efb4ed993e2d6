/**
 * `npm run bench:size`: JavaScript of Workers that embed whylight, minified, by package and folder. The engine
 * (onnxruntime-web and its WebAssembly) is counted apart.
 */
import { bundleSize, WORKERS } from '../test/support/bundle-size.ts';

const KB = 1000;

for (const [title, contents] of Object.entries(WORKERS)) {
  const { own, engine, groups } = await bundleSize(contents);
  console.log(`${title}: ${(own / KB).toFixed(0)} kB beside the engine (${(engine / KB).toFixed(0)} kB)`);
  for (const [group, bytes] of groups.filter(([, size]) => size > 2 * KB))
    console.log(`  ${(bytes / KB).toFixed(1).padStart(7)} ${group}`);
}
