import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { SaliencyMap } from '../../core/image/placement.ts';
import type { Finding } from '../findings.ts';
import type { PageRecord } from '../page-data.ts';
import { imageDrawing, meanDrawing } from './draw.ts';
import { type Drawing, paint } from './paint.ts';
import { opacity, opened } from './state.ts';

interface MapCanvasProps {
  /** In CSS pixels; the canvas has twice as many. */
  readonly width: number;
  /** Width by height. */
  readonly ratio: number;
  readonly label: string;
  readonly drawing: Drawing;
}

function MapCanvas({ width, ratio, label, drawing }: MapCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const height = Math.round(width / ratio);
  useEffect(() => (canvas.current ? paint(canvas.current, drawing) : undefined), [drawing]);
  return (
    <canvas
      ref={canvas}
      width={2 * width}
      height={2 * height}
      style={{ '--width': `${width}px` }}
      role="img"
      aria-label={label}
    />
  );
}

interface ImageMapProps {
  readonly record: PageRecord;
  readonly width: number;
  /** Draws the image alone when left out. */
  readonly method?: string;
}

/** One image with its map. */
export function ImageMap({ record, width, method }: ImageMapProps) {
  const share = opacity.value;
  const shown = method === undefined ? undefined : record.methods[method];
  const drawing = useMemo(() => imageDrawing(record, shown, share), [record, shown, share]);
  return <MapCanvas width={width} ratio={ratioOf(record)} label={record.name} drawing={drawing} />;
}

/** One image with its map; a click opens it. */
export function ImageButton(props: ImageMapProps) {
  const { record } = props;
  return (
    <button type="button" title={record.name} onClick={() => (opened.value = record)}>
      <ImageMap {...props} />
    </button>
  );
}

interface MeanMapProps {
  readonly members: readonly PageRecord[];
  readonly map?: SaliencyMap | undefined;
  readonly spot?: Finding['spot'];
  readonly width: number;
  readonly label: string;
}

/** The mean of some images, with a mean map over it and a frame around a spot. */
export function MeanMap({ members, map, spot, width, label }: MeanMapProps) {
  const share = opacity.value;
  const drawing = useMemo(() => meanDrawing(members, map, share, spot), [members, map, share, spot]);
  const [first] = members;
  if (!first) return null;
  return <MapCanvas width={width} ratio={ratioOf(first)} label={label} drawing={drawing} />;
}

const ratioOf = ({ size: [width, height] }: PageRecord): number => width / height;
