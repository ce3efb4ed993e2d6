import { defineDetection } from './task.ts';

export default defineDetection('object_detection', 'Object detection', 'Boxes with a class and a confidence.');
