/** Portions of ranked features, as many at a time as a metric removes. */
import * as z from 'zod';
import { imageInput } from '../model/info.ts';
import type { BoundInfo } from '../model/model.ts';
import { sizeOf } from '../tensor/tensor.ts';
import { countsOfSize, countsOfSteps } from './counts.ts';
import { takesPieces } from './features.ts';

/** Number of portions where the request does not say how large one is. */
const USUAL_STEPS = 50;

/** Parameter for the number of features that are removed together. */
export const stepParameter = z
  .int()
  .min(0)
  .default(0)
  .describe(
    'Number of features that are removed together; 0 takes fifty steps. Quantus takes 1, which is a run for each element of the input.',
  );

interface StepParams {
  readonly features_in_step: number;
  readonly unit: 'element' | 'pixel';
}

/** Numbers of features after 0, 1, ... portions. */
const countsOf = (count: number, size: number): number[] =>
  size > 0 ? countsOfSize(count, size) : countsOfSteps(count, Math.min(count, USUAL_STEPS));

/** Splits features in this order into portions. */
export function portionsOf(ranked: Uint32Array, size: number): Uint32Array[] {
  const counts = countsOf(ranked.length, size);
  return counts.slice(1).map((to, i) => ranked.subarray(counts[i], to));
}

/** Returns the features of the first portion, of the first two portions, and so on. */
export const cumulated = (ranked: Uint32Array, size: number): Uint32Array[] =>
  countsOf(ranked.length, size)
    .slice(1)
    .map((to) => ranked.subarray(0, to));

/** Shares of the features after each portion: the horizontal axis of a curve. */
export const sharesOf = (count: number, size: number): number[] =>
  countsOf(count, size)
    .slice(1)
    .map((to) => to / count);

/** Number of portions, known before anything runs; an upper bound for the attribution of a layer of an image model. */
export function portionCount(info: BoundInfo, { features_in_step, unit }: StepParams): number {
  return countsOf(featureCount(info, unit), features_in_step).length - 1;
}

/** Number of features of one row. */
export function featureCount(info: BoundInfo, unit: StepParams['unit']): number {
  if (info.features && takesPieces(info, unit)) return info.features.count;
  const image = imageInput(info);
  if (image && unit === 'pixel') return sizeOf(image.dims.filter((_, axis) => axis !== image.channelAxis).map(Number));
  const floats = info.inputs.filter(({ dtype }) => dtype === 'float32');
  // Of token ids each position is a feature.
  const ranked = floats.length > 0 ? floats : info.inputs;
  return ranked.reduce((sum, { dims }) => sum + sizeOf(dims.map(Number)), 0);
}
