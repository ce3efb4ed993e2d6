import { useEffect, useRef } from 'preact/hooks';
import { withPlaces } from '../../core/explainer/draw-predictions.ts';
import { makeImage } from '../../core/image/image.ts';
import { explainedNumber, input, predictions } from '../state.ts';

/** Outlines of the masks of predictions over the image, that of the explained one in its own colour. */
export function Masks() {
  const canvas = useRef<HTMLCanvasElement>(null);
  const image = input.value?.image;
  const found = predictions.value;
  const prediction = explainedNumber.value;
  const hasMasks = image !== undefined && found?.some(({ mask }) => mask) === true;
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context || !image || !found) return;
    const { width, height } = image;
    const placed = { predictions: found, ...(prediction !== undefined && { prediction }), image };
    const { data } = withPlaces(makeImage(width, height), placed, { lines: false });
    context.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
  }, [image, found, prediction]);
  return hasMasks ? <canvas class="masks" ref={canvas} width={image.width} height={image.height} /> : null;
}
