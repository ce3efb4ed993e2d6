/** `whylight` in a browser: explains on onnxruntime-web, which fetches its binary from beside the script. */
import type { Explainer } from '../core/explainer/explainer.ts';
import { PROCESS_LIMITS } from '../core/limits.ts';
import { onnxruntimeWeb } from '../node/onnxruntime-web.ts';
import { type ExplainerSettings, explainerOn } from './explain.ts';

export * from './explain.ts';

export const createExplainer = (settings: ExplainerSettings): Explainer =>
  explainerOn(settings.engine ?? onnxruntimeWeb(), settings, PROCESS_LIMITS);
