/** `whylight/deployment`: parts of the Worker that `whylight build` writes, in modules that are loaded when they are needed. */
export { hardenBuiltIns } from '../core/harden.ts';
export { lazyMethods } from '../core/method/lazy-methods.ts';
export { default as jpegDecoder } from '../edge/workerd/codecs/jpeg.ts';
export { default as pngDecoder } from '../edge/workerd/codecs/png.ts';
export { default as webpDecoder } from '../edge/workerd/codecs/webp.ts';
export { AttributionHistory } from '../edge/workerd/durable-drift.ts';
export { ExplanationJob } from '../edge/workerd/durable-job.ts';
export { TenantLedger } from '../edge/workerd/durable-ledger.ts';
export { isolatedIn } from '../edge/workerd/isolation/loaded-method.ts';
export { serve } from '../edge/workerd/serve.ts';
export { builtinTasks } from '../tasks/lazy.ts';
