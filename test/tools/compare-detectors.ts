/**
 * Boxes beside those of other people's post-processing:
 * `node test/tools/compare-detectors.ts <reference JSON> <images> [<further models>]`, all of them folders.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parsePreprocessing, preprocess } from '../../src/core/image/preprocess.ts';
import { decodeRuns } from '../../src/core/image/run-length.ts';
import { readerOf, recogniseDetector } from '../../src/tasks/detection/formats.ts';
import { iou } from '../../src/tasks/detection/overlap.ts';
import { predictionOf } from '../../src/tasks/detection/read.ts';
import { searchAs } from '../../src/tasks/detection/search.ts';
import { openDetector, openImage } from './detector.ts';

interface ReferenceBox {
  readonly class?: number;
  readonly confidence: number;
  readonly xyxy: [number, number, number, number];
  readonly position?: number;
  readonly keypoints?: [number, number, number][];
  readonly mask_pixels?: number;
}

interface ReferencePhoto {
  readonly photo: string;
  readonly size?: [number, number];
  readonly input_sum: number;
  readonly boxes: ReferenceBox[];
}

const [references = '', images = '', more = references] = process.argv.slice(2);
for (const file of readdirSync(references).filter((name) => name.endsWith('.json'))) {
  const reference = JSON.parse(readFileSync(join(references, file), 'utf8'));
  const path = [references, more].map((folder) => join(folder, reference.model)).find(existsSync);
  if (!path) {
    console.log(`${file}: no ${reference.model}`);
    continue;
  }
  const detector = await openDetector(path);
  const recognised = recogniseDetector(detector.description);
  console.log(`${file}: ${recognised?.format.id} ${recognised?.evidence}`);
  if (!recognised) continue;
  for (const photo of reference.photos as ReferencePhoto[]) {
    const image = await openImage(join(images, photo.photo));
    const { size = [320, 320] } = photo;
    const { tensor, placement } = preprocess(image, preprocessingOf(photo, size));
    const sum = tensor.data.reduce((a, b) => a + b, 0);
    const outputs = await detector.run(tensor);
    const view = { input: { width: size[1], height: size[0] }, image, placement };
    const reader = readerOf(recognised.format);
    const format = reader.settle?.(recognised.format, outputs, view.input) ?? recognised.format;
    const settings = {
      threshold: reference.conf ?? reference.threshold,
      max: 20,
      ...(reference.iou && reader.defaults(format).overlap !== undefined && { overlap: reference.iou }),
    };
    const search = searchAs(format, outputs, view, settings);
    const found = search.found.map((one) => predictionOf(one, search));
    // Ultralytics counts the pixels of masks in the letterboxed image.
    const square = { input: view.input, image: view.input, placement: { x: 0, y: 0, ...view.input } };
    const masks =
      reference.task === 'segment' ? search.found.map((one) => predictionOf(one, { ...search, view: square })) : [];
    const order = reference.conf ? photo.boxes : [...photo.boxes].sort((a, b) => b.confidence - a.confidence);
    let [worst, score, points, mask] = [1, 0, 0, 0];
    let wrong = found.length === order.length ? '' : ` ${found.length} boxes, not ${order.length};`;
    for (const [i, wanted] of order.entries()) {
      const got = found[i];
      if (!got?.box) continue;
      const overlap = flat(wanted.xyxy) && flat(got.box) ? 1 : iou(got.box, 0, wanted.xyxy, 0);
      worst = Math.min(worst, overlap);
      score = Math.max(score, Math.abs(got.score - wanted.confidence));
      if (wanted.class !== undefined && wanted.class !== got.class)
        wrong += ` class ${got.class} not ${wanted.class} at ${i};`;
      if (wanted.position !== undefined && wanted.position !== got.position)
        wrong += ` position ${got.position} not ${wanted.position} at ${i};`;
      for (const [k, point] of (wanted.keypoints ?? []).entries()) {
        for (const axis of [0, 1, 2])
          points = Math.max(points, Math.abs((point[axis] as number) - (got.keypoints?.[k]?.[axis] ?? Number.NaN)));
      }
      const own = masks[i]?.mask;
      if (wanted.mask_pixels !== undefined && own) {
        const pixels = decodeRuns(String(own.counts)).reduce((total, run, at) => total + (at % 2 ? run : 0), 0);
        mask = Math.max(mask, Math.abs(pixels / wanted.mask_pixels - 1));
      }
    }
    console.log(
      `  ${photo.photo}: ${found.length} boxes, IoU ${worst.toFixed(4)}, score ${score.toExponential(1)}, points ${points.toFixed(3)}, mask area ${mask.toFixed(4)}, input ${(sum - photo.input_sum).toFixed(3)};${wrong}`,
    );
  }
}

function flat(box: readonly number[]): boolean {
  return (box[2] as number) - (box[0] as number) < 1e-3 || (box[3] as number) - (box[1] as number) < 1e-3;
}

/** Pixels of OpenCV: stretched to a given size, else letterboxed on grey. */
function preprocessingOf({ size: given }: ReferencePhoto, size: [number, number]) {
  const mode = given ? 'exact' : 'fit';
  const resize = { mode, filter: 'opencv_linear' };
  return parsePreprocessing({ size, resize, ...(given ? { scale: 1 } : { background: [114, 114, 114] }) });
}
