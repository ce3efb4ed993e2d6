import type { Task } from '../../core/task/task.ts';
import { DETECTORS } from './detectors.ts';
import { boxes } from './reader.ts';

export default { ...DETECTORS.orientedDetection, ...boxes } as Task;
