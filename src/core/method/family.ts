/** Definitions of families: methods that differ in a formula and share parameters, needs and cost. */
import type { z } from 'zod';
import { type AboutDefinition, API_VERSION, type Method } from './contract.ts';

/** Members that the definition of every family has. */
export interface FamilyDefinition<E extends z.ZodRawShape = z.ZodRawShape> {
  readonly id: string;
  /** Raised whenever the same parameters give other numbers. */
  readonly revision: number;
  readonly about: AboutDefinition;
  readonly presets?: Method['presets'];
  readonly returns?: Method['returns'];
  /** Parameters besides those of the family. */
  readonly params?: E;
}

/** Parameters of a family's method that its definition adds. */
export type OwnParams<E extends z.ZodRawShape> = z.output<z.ZodObject<E>>;

/** Returns the members of a definition that `defineMethod` takes as they are. */
export const membersOf = ({ id, revision, about, presets, returns }: FamilyDefinition) => ({
  apiVersion: API_VERSION as typeof API_VERSION,
  id,
  revision,
  about,
  ...(presets && { presets }),
  ...(returns && { returns }),
});
