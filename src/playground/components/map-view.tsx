import { useEffect, useRef } from 'preact/hooks';
import type { Image } from '../../core/image/image.ts';
import type { Placement } from '../../core/image/placement.ts';
import { chooseTarget } from '../actions.ts';
import type { MapValues } from '../answer.ts';
import { drawMap, valueAt } from '../draw.ts';
import { showImage } from '../image-input.ts';
import { input, occluding, placement, pointer, region, takesPoints, view, zoom } from '../state.ts';
import { occlude } from '../what-if.ts';
import { Boxes } from './boxes.tsx';

/**
 * One map over the image. All of them show the same place: pointer, zoom and the covered region are shared. With the
 * keyboard, arrows move the pointer; when something is to be covered, they move the rectangle, and with Shift they size it.
 */
export function MapView({ map, label }: { readonly map: MapValues | undefined; readonly label: string }) {
  const frame = useRef<HTMLButtonElement>(null);
  const below = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const image = input.value?.image;
  const place = placement.value;
  const settings = view.value;
  useEffect(() => {
    if (image) showImage(below.current, image);
  }, [image]);
  useEffect(() => {
    if (!image || !place) return;
    if (map) showImage(above.current, drawMap(map, image, place, settings));
    else above.current?.getContext('2d')?.clearRect(0, 0, image.width, image.height);
  }, [
    map,
    image,
    place,
    settings.type,
    settings.polarity,
    settings.colormap,
    settings.opacity,
    settings.overlay,
    settings.clip,
  ]);
  const dragging = useRef<{ readonly x: number; readonly y: number; readonly zoom: typeof zoom.value } | undefined>(
    undefined,
  );
  const dragged = useRef(false);
  if (!image) return null;

  /** From the screen to pixels of the image. */
  const at = ({ clientX, clientY }: Pick<MouseEvent, 'clientX' | 'clientY'>) => {
    const box = (below.current as HTMLCanvasElement).getBoundingClientRect();
    return {
      x: Math.min(image.width, Math.max(0, ((clientX - box.left) / box.width) * image.width)),
      y: Math.min(image.height, Math.max(0, ((clientY - box.top) / box.height) * image.height)),
    };
  };
  const down = (event: PointerEvent) => {
    if (event.button !== 0) return;
    dragged.current = false;
    if (!occluding.value && zoom.value.scale === 1) return;
    frame.current?.setPointerCapture(event.pointerId);
    dragging.current = occluding.value
      ? { ...at(event), zoom: zoom.value }
      : { x: event.clientX, y: event.clientY, zoom: zoom.value };
  };
  /** A click without a drag explains what lies at the point, where answers have places. */
  const click = ({ clientX, clientY, detail }: MouseEvent) => {
    const to = detail === 0 ? pointer.value : at({ clientX, clientY });
    const { value: shown } = input;
    if (!takesPoints.value || occluding.value || dragged.current || !to || !shown?.image) return;
    const [x, y] = [to.x, to.y].map((value) => Math.floor((value * shown.sentWidth) / image.width));
    void chooseTarget(`point:${x},${y}`);
  };
  const move = (event: PointerEvent) => {
    pointer.value = at(event);
    const { current: start } = dragging;
    if (!start) return;
    dragged.current = true;
    if (occluding.value) {
      const to = at(event);
      occlude({
        x: Math.min(start.x, to.x),
        y: Math.min(start.y, to.y),
        width: Math.abs(to.x - start.x),
        height: Math.abs(to.y - start.y),
      });
      return;
    }
    const box = (frame.current as HTMLElement).getBoundingClientRect();
    zoom.value = keepInside({
      scale: start.zoom.scale,
      x: start.zoom.x + (event.clientX - start.x) / box.width,
      y: start.zoom.y + (event.clientY - start.y) / box.height,
    });
  };
  const wheel = (event: WheelEvent) => {
    // Without a modifier the wheel scrolls the page, as everywhere.
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const box = (frame.current as HTMLElement).getBoundingClientRect();
    const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    const scale = Math.min(8, Math.max(1, zoom.value.scale * Math.exp(-event.deltaY / 300)));
    const ratio = scale / zoom.value.scale;
    zoom.value = keepInside({ scale, x: x - (x - zoom.value.x) * ratio, y: y - (y - zoom.value.y) * ratio });
  };
  const keyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (!step || !place) return;
    event.preventDefault();
    // One cell of a model's view of 32 pixels: small enough to aim, large enough to get on.
    const [dx, dy] = [(step[0] * place.width) / 32, (step[1] * place.height) / 32];
    if (occluding.value) {
      const { x, y, width, height } = region.value ?? {
        x: place.x + place.width / 4,
        y: place.y + place.height / 4,
        width: place.width / 4,
        height: place.height / 4,
      };
      occlude(
        event.shiftKey
          ? { x, y, width: Math.max(1, width + dx), height: Math.max(1, height + dy) }
          : { x: x + dx, y: y + dy, width, height },
      );
      return;
    }
    const { x, y } = pointer.value ?? { x: place.x + place.width / 2, y: place.y + place.height / 2 };
    pointer.value = {
      x: Math.min(image.width - 1, Math.max(0, x + dx)),
      y: Math.min(image.height - 1, Math.max(0, y + dy)),
    };
  };

  const here = pointer.value;
  const value = map && place && here ? valueAt(map, place, here.x, here.y) : undefined;
  const { scale, x, y } = zoom.value;
  const share = (length: number, whole: number) => `${(length / whole) * 100}%`;
  /** Place of a rectangle in the image's pixels. */
  const within = (region: Pick<Placement, 'x' | 'y' | 'width' | 'height'>): Record<string, string> => ({
    left: share(region.x, image.width),
    top: share(region.y, image.height),
    width: share(region.width, image.width),
    height: share(region.height, image.height),
  });
  const covered = region.value;
  return (
    <div class="map-place">
      <div class="frame" style={{ '--ratio': image.width / image.height }}>
        <button
          type="button"
          ref={frame}
          class={`map ${occluding.value ? 'aiming' : ''} ${scale > 1 ? 'zoomed' : ''}`}
          aria-label={`${label}. Arrow keys read values.`}
          style={{ aspectRatio: `${image.width} / ${image.height}` }}
          onPointerDown={down}
          onPointerMove={move}
          onPointerUp={() => (dragging.current = undefined)}
          onPointerCancel={() => (dragging.current = undefined)}
          onPointerLeave={() => (pointer.value = undefined)}
          onWheel={wheel}
          onKeyDown={keyDown}
          onClick={click}
        >
          <span class="inside" style={{ transform: `translate(${x * 100}%, ${y * 100}%) scale(${scale})` }}>
            <canvas ref={below} />
            <canvas ref={above} style={{ clipPath: `inset(0 ${100 - settings.swipe}% 0 0)` }} />
            {place && !isWhole(place, image) && <span class="seen" style={within(place)} />}
            {covered && <span class="covered-region" style={within(covered)} />}
            {here && !occluding.value && (
              <span class="crosshair" style={{ left: share(here.x, image.width), top: share(here.y, image.height) }} />
            )}
          </span>
        </button>
        <Boxes />
      </div>
      <p class="readout" aria-live="polite">
        {value === undefined ? (here && map ? 'outside of what the model sees' : ' ') : `value ${format(value)}`}
      </p>
    </div>
  );
}

/** True if the model sees the whole image, up to a pixel. */
const isWhole = (place: Placement, { width, height }: Image): boolean =>
  place.width >= width - 1 && place.height >= height - 1;

const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

const format = (value: number): string =>
  value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(2) : value.toPrecision(3);

/** So that no edge of the image comes inside the frame. */
const keepInside = ({ scale, x, y }: typeof zoom.value): typeof zoom.value => ({
  scale,
  x: Math.min(0, Math.max(1 - scale, x)),
  y: Math.min(0, Math.max(1 - scale, y)),
});
