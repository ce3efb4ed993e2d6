/** Names under which the container keeps things, with the type of each. Only composition roots use them. */
import type { ServiceIdentifier } from 'inversify';
import type { Engine } from './engine/engine.ts';
import type { SessionCache } from './engine/session-cache.ts';
import type { Explainer } from './explainer/explainer.ts';
import type { Limits } from './limits.ts';
import type { MethodRegistry, PluginEntry } from './method/registry.ts';

/** Shared by name, so that two copies of the package meet. */
const token = <T>(name: string) => Symbol.for(`whylight.${name}`) as ServiceIdentifier<T>;

export const TOKENS = {
  /** Milliseconds, from any origin. */
  clock: token<() => number>('clock'),
  engine: token<Engine>('engine'),
  explainer: token<Explainer>('explainer'),
  limits: token<Limits>('limits'),
  methods: token<MethodRegistry>('methods'),
  /** Each method that is built in, with the operator's defaults and limits; bound once for each. */
  plugin: token<PluginEntry>('plugin'),
  sessions: token<SessionCache>('sessions'),
} as const;
