/** Every metric, by id. */
import { nearest, WhylightError } from '../errors.ts';
import { adcc, averageDrop, increaseInConfidence } from './average-drop.ts';
import { completenessGap } from './completeness.ts';
import { deletion, insertion } from './deletion.ts';
import { faithfulnessCorrelation, faithfulnessEstimate, sensitivityN } from './faithfulness.ts';
import { infidelity } from './infidelity.ts';
import { energyInBox, pointingGame } from './localisation.ts';
import {
  attributionLocalisation,
  localisationAuc,
  relevanceMassAccuracy,
  relevanceRankAccuracy,
  topKIntersection,
} from './localisation-shares.ts';
import type { Metric } from './metric.ts';
import { monotonicity, monotonicityCorrelation } from './monotonicity.ts';
import { pixelFlipping } from './pixel-flipping.ts';
import {
  efficientParameterRandomisation,
  parameterRandomisation,
  randomLogit,
  smoothParameterRandomisation,
} from './randomisation.ts';
import { comprehensiveness, sufficiency } from './rationale.ts';
import { irof, regionPerturbation, selectivity } from './regions.ts';
import { road } from './road.ts';
import { avgSensitivity, localLipschitz, maxSensitivity } from './sensitivity.ts';
import { complexity, effectiveComplexity, sparseness } from './sparsity.ts';

export const metrics: ReadonlyMap<string, Metric> = new Map(
  [
    insertion,
    deletion,
    road,
    pixelFlipping,
    regionPerturbation,
    selectivity,
    irof,
    faithfulnessCorrelation,
    faithfulnessEstimate,
    sensitivityN,
    monotonicity,
    monotonicityCorrelation,
    averageDrop,
    increaseInConfidence,
    adcc,
    comprehensiveness,
    sufficiency,
    infidelity,
    maxSensitivity,
    avgSensitivity,
    localLipschitz,
    completenessGap,
    sparseness,
    complexity,
    effectiveComplexity,
    pointingGame,
    energyInBox,
    relevanceRankAccuracy,
    relevanceMassAccuracy,
    attributionLocalisation,
    topKIntersection,
    localisationAuc,
    parameterRandomisation,
    smoothParameterRandomisation,
    efficientParameterRandomisation,
    randomLogit,
  ].map((metric) => [metric.id, metric as Metric]),
);

/** @throws WhylightError `not_found` with the nearest names. */
export function metricOf(id: string, metrics: ReadonlyMap<string, Metric>): Metric {
  const metric = metrics.get(id);
  if (metric) return metric;
  const close = nearest(id, metrics.keys());
  throw new WhylightError(
    'not_found',
    `There is no metric "${id}". ${close.length > 0 ? `Did you mean ${close.join(' or ')}?` : `There are ${[...metrics.keys()].join(', ')}.`}`,
    { metric: id, nearest: close },
  );
}
