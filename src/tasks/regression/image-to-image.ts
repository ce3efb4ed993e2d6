import { defineMap } from './map.ts';

export default defineMap(
  'image_to_image',
  'Image to image',
  'An image as the answer: super-resolution, denoising, relighting.',
  ({ shape }, extents, ofImage) => {
    if (shape.length !== 4) return 0;
    const channels = [shape[1], shape[3]].some((extent) => extent === 1 || extent === 3);
    return channels && extents.length >= 2 ? (ofImage ? 0.7 : 0.55) : 0;
  },
);
