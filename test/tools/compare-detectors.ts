/**
 * Boxes beside those of other people's post-processing:
 * `node test/tools/compare-detectors.ts <reference JSON> <images> [<further models> [<inputs>]]`, all of them folders; inputs are
 * little-endian float32 files `<image>.<height>x<width>.f32`, for those who want the very pixels of OpenCV.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { float32 } from '../../src/core/tensor/tensor.ts';
import { readerOf, recogniseDetector } from '../../src/tasks/detection/formats.ts';
import { iou } from '../../src/tasks/detection/overlap.ts';
import { predictionOf } from '../../src/tasks/detection/read.ts';
import { searchAs } from '../../src/tasks/detection/search.ts';
import { decodeRuns } from '../../src/tasks/run-length.ts';
import { letterboxed, openDetector, openImage } from './detector.ts';

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
  readonly scale?: number;
  readonly left?: number;
  readonly top?: number;
  readonly size?: [number, number];
  readonly input_sum: number;
  readonly boxes: ReferenceBox[];
}

const [references = '', images = '', more = references, inputs = ''] = process.argv.slice(2);
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
    const box = letterbox(photo, image.width, image.height);
    const ready = join(inputs, `${photo.photo}.${box.size.join('x')}.f32`);
    const input = existsSync(ready)
      ? float32([1, 3, ...box.size], new Float32Array(new Uint8Array(readFileSync(ready)).buffer))
      : letterboxed(image, box);
    const sum = input.data.reduce((a, b) => a + b, 0);
    const outputs = await detector.run(input);
    const [height, width] = box.size;
    const view = {
      input: { width, height },
      image,
      placement: {
        x: (-box.left * image.width) / box.inner[1],
        y: (-box.top * image.height) / box.inner[0],
        width: (width * image.width) / box.inner[1],
        height: (height * image.height) / box.inner[0],
      },
    };
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

function letterbox(photo: ReferencePhoto, width: number, height: number) {
  if (photo.size) return { size: photo.size, left: 0, top: 0, inner: photo.size, scale: 1, fill: 0 };
  const { scale = 1, left = 0, top = 0 } = photo;
  const inner = [Math.round(height * scale), Math.round(width * scale)] as [number, number];
  return { size: [320, 320] as [number, number], left, top, inner, scale: 1 / 255, fill: 114 };
}
