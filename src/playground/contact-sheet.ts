/** All maps of the page as one image: a row for each target, a column for each method, with their names. */
import { drawMap } from './draw.ts';
import { canvasOf } from './image-input.ts';
import * as state from './state.ts';

const CELL = 320;
const GAP = 16;
const HEAD = 32;

/** @returns undefined as long as there is no map */
export function contactSheet(): HTMLCanvasElement | undefined {
  const { input, placement, choices, targets, view, cells } = state;
  const [opened, place] = [input.value?.image, placement.value];
  const columns = choices.value.map(({ method }) => state.methodOf(method)?.title ?? method);
  if (!opened || !place || ![...cells.value.values()].some(({ answer }) => answer)) return undefined;
  const height = Math.round((CELL * opened.height) / opened.width);
  const canvas = document.createElement('canvas');
  canvas.width = GAP + columns.length * (CELL + GAP);
  canvas.height = GAP + HEAD + targets.value.length * (HEAD + height + GAP);
  const context = canvas.getContext('2d') as CanvasRenderingContext2D;
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = '#111';
  context.font = '600 15px system-ui, sans-serif';
  for (const [i, title] of columns.entries()) context.fillText(title, leftOf(i), GAP + 16, CELL);
  for (const [row, target] of targets.value.entries()) {
    const top = GAP + HEAD + row * (HEAD + height + GAP);
    context.fillText(`Why ${state.targetWords(target)}?`, GAP, top + 20);
    for (const [i, choice] of choices.value.entries()) {
      const map = cells.value.get(state.cellName(choice, target))?.answer?.map;
      const image = map ? drawMap(map, opened, place, view.value) : opened;
      context.globalAlpha = map ? 1 : 0.25;
      context.drawImage(canvasOf(image), leftOf(i), top + HEAD, CELL, height);
      context.globalAlpha = 1;
    }
  }
  return canvas;
}

const leftOf = (column: number): number => GAP + column * (CELL + GAP);
