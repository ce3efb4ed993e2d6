/** Exports of `whylight` that are the same on every platform. */
export * from './explain.ts';
export { type OpenOptions, type OpenSource, openOn, type Platform, type PlatformEngine } from './open.ts';
