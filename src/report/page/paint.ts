/**
 * Painting of many canvases: those in sight at once, the others while the browser is idle, so that a printed page and a
 * capture of the whole page are complete.
 */
export type Drawing = (context: CanvasRenderingContext2D) => Promise<void>;

const pending = new Map<Element, () => void>();
const inSight = new WeakSet<Element>();
let observer: IntersectionObserver | undefined;
let scheduled = false;

/** Time that may pass in one go while the browser is idle. */
const BUDGET_MS = 8;

/** Paints a canvas soon. @returns a function that withdraws the request */
export function paint(canvas: HTMLCanvasElement, drawing: Drawing): () => void {
  observer ??= observe();
  const context = canvas.getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D;
  pending.set(canvas, () => void drawing(context));
  observer.observe(canvas);
  if (inSight.has(canvas)) run(canvas);
  else schedule();
  return () => {
    pending.delete(canvas);
    observer?.unobserve(canvas);
  };
}

function run(canvas: Element): void {
  const draw = pending.get(canvas);
  pending.delete(canvas);
  draw?.();
}

function runAll(until = Number.POSITIVE_INFINITY): void {
  for (const canvas of pending.keys()) {
    if (performance.now() < until) run(canvas);
    else {
      schedule();
      return;
    }
  }
}

function observe(): IntersectionObserver {
  addEventListener('beforeprint', () => runAll());
  return new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) inSight.delete(target);
        else {
          inSight.add(target);
          run(target);
        }
      }
    },
    { rootMargin: '300px' },
  );
}

function schedule(): void {
  if (scheduled) return;
  scheduled = true;
  const work = () => {
    scheduled = false;
    runAll(performance.now() + BUDGET_MS);
  };
  // Safari has no requestIdleCallback.
  if (typeof requestIdleCallback === 'function') requestIdleCallback(work);
  else setTimeout(work, 50);
}
