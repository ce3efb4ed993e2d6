/** Self-test of an engine. */
import { WhylightError } from '../errors.ts';
import { GraphBuilder } from '../onnx/builder.ts';
import { write } from '../onnx/write.ts';
import { float32 } from '../tensor/tensor.ts';
import type { Engine } from './engine.ts';

/**
 * Tests an engine by its own check, or starts it and lets it add 1 to 1.
 * @throws WhylightError `engine_failure` when it does not start or says anything but 2.
 */
export async function testEngine(engine: Engine): Promise<void> {
  if (engine.check) return engine.check();
  const g = GraphBuilder.empty();
  const x = g.input('x', 'float32', ['N']);
  const session = await engine.load(write(g.build([g.named(g.add(x, g.scalar(1)), 'y')])));
  try {
    const { y } = await session.run({ x: float32([1], [1]) });
    if (y?.data[0] === 2) return;
    throw new WhylightError('engine_failure', `The engine ${engine.name} says that 1 + 1 is ${y?.data[0]}.`);
  } finally {
    await session.release();
  }
}
