import { defineDetection } from './task.ts';

export default defineDetection('oriented_detection', 'Oriented detection', 'Boxes that are turned by an angle.');
