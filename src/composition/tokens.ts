/** Identifiers of the parts of the core in the container. Only composition roots use them. */
import type { ServiceIdentifier } from 'inversify';
import type { Engine } from '../core/engine/engine.ts';
import type { SessionCache } from '../core/engine/session-cache.ts';
import type { Explainer } from '../core/explainer/explainer.ts';
import type { ReadFile } from '../core/explainer/setup.ts';
import type { Limits } from '../core/limits.ts';
import type { MemoryPool } from '../core/memory-pool.ts';
import type { LazyPluginEntry, MethodRegistry, PluginEntry } from '../core/method/registry.ts';
import type { Metric } from '../core/metrics/metric.ts';
import type { ModalityEntry, ModalityRegistry } from '../core/modality/registry.ts';
import type { GraphStore } from '../core/plan/stored-graph.ts';
import type { TaskRegistry } from '../core/task/registry.ts';
import type { Task } from '../core/task/task.ts';

export type Token<T> = ServiceIdentifier<T>;

/** Makes an identifier. It is shared by name, so that two copies of the package agree. */
export const token = <T>(name: string): Token<T> => Symbol.for(`whylight.${name}`) as Token<T>;

export const CORE = {
  /** Timer for durations: milliseconds, from any origin. */
  timer: token<() => number>('timer'),
  engine: token<Engine>('engine'),
  explainer: token<Explainer>('explainer'),
  /** Store of compiled graphs; none when unbound. */
  graphs: token<GraphStore>('graphs'),
  /** Memory that caches share; each has a bound of its own alone when unbound. */
  memory: token<MemoryPool>('memory'),
  /** Reader of files of methods by their paths; such files are refused when unbound. */
  readFile: token<ReadFile>('readFile'),
  /** Limits of the machine. */
  limits: token<Limits>('limits'),
  methods: token<MethodRegistry>('methods'),
  /** Metrics of explanations beside those that come with whylight; none when unbound. */
  ownMetrics: token<readonly Metric[]>('own-metrics'),
  /** A modality beside images; one binding for each. */
  modality: token<ModalityEntry>('modality'),
  modalities: token<ModalityRegistry>('modalities'),
  /** A built-in method with the operator's defaults and limits; one binding for each method. */
  plugin: token<PluginEntry | LazyPluginEntry>('plugin'),
  sessions: token<SessionCache>('sessions'),
  /** A task; one binding for each, in the order in which equals are preferred. */
  task: token<Task>('task'),
  tasks: token<TaskRegistry>('tasks'),
} as const;
