import { readFileSync } from 'node:fs';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { differentiate } from 'whylight/compiler';

export type Image = Float32Array<ArrayBuffer>;

/** Returns the scores of one image [1, 3, 32, 32], and the derivative of one score by the image. */
export async function openDerivative(file: string) {
  const { graph, cotangent, gradients } = await differentiate(readFileSync(file), { gradients: ['input'] });
  const session = await InferenceSession.create(graph);
  return async (image: Image, score: number) => {
    const weights = new Float32Array(10);
    weights[score] = 1;
    const outputs = await session.run({
      input: new Tensor('float32', image, [1, 3, 32, 32]),
      [cotangent]: new Tensor('float32', weights, [1, 10]),
    });
    const numbers = (name: string) => outputs[name]?.data as Image;
    return { scores: numbers('logits'), gradient: numbers(gradients.input ?? '') };
  };
}

export type Derivative = Awaited<ReturnType<typeof openDerivative>>;
