/** The state of the page as a link. Nothing of the image is in it, unless it is one of the samples, and no key. */
import { effect } from '@preact/signals';
import { keepTargets } from './actions.ts';
import type { Params } from './api.ts';
import * as state from './state.ts';

interface Linked {
  readonly model?: string;
  readonly sample?: string;
  /** Opens the model that the server was started with. */
  readonly own?: boolean;
  readonly methods?: readonly (readonly [string, Params])[];
  readonly targets?: readonly string[];
  readonly seed?: number;
  readonly place?: state.Place;
  readonly view?: Partial<state.View>;
}

/** Address that opens the page in its current state. */
export function linkTo(): string {
  const { value: view } = state.view;
  const changed = Object.entries(view).filter(
    ([name, value]) => state.DEFAULT_VIEW[name as keyof state.View] !== value,
  );
  const linked: Linked = {
    ...(state.model.value && !state.model.value.own && { model: state.model.value.name }),
    ...(state.input.value?.sample && { sample: state.input.value.sample }),
    methods: state.choices.value.map(({ method, params }) => [method, params]),
    targets: state.targets.value,
    ...(state.seed.value !== 0 && { seed: state.seed.value }),
    ...(state.place.value !== 'server' && { place: state.place.value }),
    ...(changed.length > 0 && { view: Object.fromEntries(changed) }),
  };
  const url = new URL(location.href);
  url.hash = encodeURIComponent(JSON.stringify(linked));
  return url.href;
}

export interface Restored {
  readonly sample?: string;
  /** True for a link to the model that the server was started with. */
  readonly own?: boolean;
}

/**
 * Puts the state back. What does not fit is left out: a link may be older than the page, or typed by somebody.
 * @returns what is to be opened
 */
export function restore(hash: string): Restored {
  let linked: Linked;
  try {
    linked = JSON.parse(decodeURIComponent(hash.replace(/^#/, ''))) as Linked;
  } catch {
    return {};
  }
  if (typeof linked !== 'object' || linked === null) return {};
  const { methods, targets, seed, place, view, sample, model, own } = linked;
  if (typeof model === 'string') state.wantedModel.value = model;
  if (Array.isArray(methods)) {
    state.choices.value = methods.flatMap((entry) =>
      Array.isArray(entry) && typeof entry[0] === 'string' ? [{ method: entry[0], params: scalars(entry[1]) }] : [],
    );
  }
  if (Array.isArray(targets) && targets.length > 0 && targets.every((target) => typeof target === 'string')) {
    state.targets.value = targets;
    keepTargets();
  }
  if (Number.isSafeInteger(seed) && (seed as number) >= 0) state.seed.value = seed as number;
  if (place === 'browser') state.place.value = place;
  if (typeof view === 'object' && view !== null) {
    const fits = Object.entries(view).filter(
      ([name, value]) => typeof value === typeof state.DEFAULT_VIEW[name as keyof state.View],
    );
    state.view.value = { ...state.DEFAULT_VIEW, ...Object.fromEntries(fits) };
  }
  return { ...(typeof sample === 'string' && { sample }), own: own === true };
}

const scalars = (params: unknown): Params =>
  Object.fromEntries(
    Object.entries(typeof params === 'object' && params !== null ? params : {}).filter(([, value]) =>
      ['string', 'number', 'boolean'].includes(typeof value),
    ),
  ) as Params;

/** Keeps the address bar at what is seen, so that reloading and bookmarks work. */
export const followState = (): (() => void) =>
  effect(() => {
    if (state.input.value && !state.model.value?.own) history.replaceState(null, '', linkTo());
  });
