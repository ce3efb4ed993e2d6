import type { Engine } from '../core/engine/engine.ts';
import type { Explainer } from '../core/explainer/explainer.ts';
import type { Limits } from '../core/limits.ts';
import { type ExplainerSettings, explainerOn } from './explain.ts';

/** Makes the `createExplainer` of a platform from its engine and limits. */
export const createExplainerOn =
  (engine: () => Engine, limits: Limits) =>
  (settings: ExplainerSettings): Explainer =>
    explainerOn(settings.engine ?? engine(), settings, limits);
