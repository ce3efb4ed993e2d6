import { defineMap } from './map.ts';

export default defineMap(
  'depth',
  'Depth',
  'A number for every pixel: depth, disparity, height.',
  ({ name, shape }, extents, ofImage) => {
    if (/depth|disparity/i.test(name)) return 0.95;
    // One number a pixel, without an axis for channels.
    return ofImage && shape.length === 3 && extents.length === 2 ? 0.6 : 0;
  },
);
