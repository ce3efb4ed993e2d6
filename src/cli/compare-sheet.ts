/** Sheets of a comparison: maps of an image side by side, or drawings of any other input below each other. */
import { extname } from 'node:path';
import { contactSheet, type SheetCell } from '../core/image/contact-sheet.ts';
import { renderOverlay } from '../core/image/overlay.ts';
import { type PlacedImage, resizePlaced } from '../core/image/placement.ts';
import { type DrawnCell, drawingSheet } from '../core/modality/drawing-sheet.ts';
import { drawAs } from '../library/draw-outcome.ts';
import type { Outcome } from '../library/outcome.ts';
import { writeBytes } from '../node/files.ts';
import { drawingPage } from '../protocol/drawing-page.ts';
import { drawShown } from '../protocol/explanation-image.ts';
import { UsageError } from './arguments.ts';
import { writePng } from './image-file.ts';

/** Sheet that methods are added to, one after the other. */
export interface CompareSheet {
  /** @param signed true where negative values are evidence against the target */
  add(label: string, outcome: Outcome, signed: boolean): void;
  /** Adds a method that failed, with the code of its error. */
  fail(label: string, code: string): void;
  /** @param target name of what is explained, where a method found it */
  write(path: string, target: string | undefined): Promise<void>;
}

export interface SheetOptions {
  /** Longer side of each map, in pixels. */
  readonly cell: number;
  /** Maps side by side. */
  readonly columns?: number;
  /** Options of overlays over an image. */
  readonly overlay: Record<string, unknown>;
}

/**
 * Makes the sheet of an image.
 * @throws WhylightError `invalid_request` for wrong options of the overlay, before any method runs
 */
export function imageSheet(placed: PlacedImage, { overlay, ...options }: SheetOptions): CompareSheet {
  const small = resizePlaced(placed, options.cell);
  renderOverlay({ width: 1, height: 1, values: new Float32Array(1) }, small.image, overlay, small.placement);
  const cells: SheetCell[] = [];
  return {
    add: (label, { explanation, row }) => {
      cells.push({ label, image: drawShown(explanation.method, row, small, overlay) });
    },
    fail: (label, note) => void cells.push({ label, note }),
    write: (path, target) => {
      const label = target === undefined ? 'image' : `image: ${target}`;
      return writePng(path, contactSheet([{ label, image: small.image }, ...cells], options));
    },
  };
}

/**
 * Makes the sheet of an input that is no image, as SVG or as a page.
 * @throws UsageError for a file of another kind
 */
export function drawnSheet(model: string, path: string | undefined): CompareSheet {
  const extension = path === undefined ? '.svg' : extname(path).toLowerCase();
  if (extension !== '.svg' && extension !== '.html') {
    throw new UsageError(`-o takes a file that ends in .svg or .html for this input, not "${path}".`);
  }
  const cells: DrawnCell[] = [];
  return {
    add: (label, outcome, signed) => {
      const drawing = drawAs('svg', outcome, signed);
      cells.push({ label, ...(drawing === undefined ? { note: 'no values of features' } : { drawing }) });
    },
    fail: (label, note) => void cells.push({ label, note }),
    write: (file, target) => {
      const title = target === undefined ? model : `${model}: ${target}`;
      const sheet = drawingSheet(title, cells);
      return writeBytes(file, extension === '.html' ? drawingPage(title, sheet, []) : sheet);
    },
  };
}
