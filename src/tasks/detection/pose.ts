import { defineDetection } from './task.ts';

export default defineDetection('pose', 'Pose', 'Boxes with key points, such as the joints of a person.');
