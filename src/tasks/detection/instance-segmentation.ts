import { defineDetection } from './task.ts';

export default defineDetection(
  'instance_segmentation',
  'Instance segmentation',
  'Boxes with the mask of the object inside.',
);
