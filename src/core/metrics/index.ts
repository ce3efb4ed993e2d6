/** Every metric, by id. */
import { nearest, WhylightError } from '../errors.ts';
import { completenessGap } from './completeness.ts';
import { deletion, insertion } from './deletion.ts';
import { infidelity } from './infidelity.ts';
import { energyInBox, pointingGame } from './localisation.ts';
import type { Metric } from './metric.ts';
import { parameterRandomisation, randomLogit } from './randomisation.ts';
import { road } from './road.ts';
import { maxSensitivity } from './sensitivity.ts';
import { complexity, effectiveComplexity, sparseness } from './sparsity.ts';

export const metrics: ReadonlyMap<string, Metric> = new Map(
  [
    insertion,
    deletion,
    road,
    infidelity,
    maxSensitivity,
    completenessGap,
    sparseness,
    complexity,
    effectiveComplexity,
    pointingGame,
    energyInBox,
    parameterRandomisation,
    randomLogit,
  ].map((metric) => [metric.id, metric as unknown as Metric]),
);

/** @throws WhylightError `not_found` with the nearest names. */
export function metricOf(id: string): Metric {
  const metric = metrics.get(id);
  if (metric) return metric;
  const close = nearest(id, metrics.keys());
  throw new WhylightError(
    'not_found',
    `There is no metric "${id}". ${close.length > 0 ? `Did you mean ${close.join(' or ')}?` : `There are ${[...metrics.keys()].join(', ')}.`}`,
    { metric: id, nearest: close },
  );
}
