/** Adam (Kingma and Ba 2015), with its usual constants. */
const [BETA1, BETA2, EPSILON] = [0.9, 0.999, 1e-8];

export class Adam {
  private readonly rate: number;
  private readonly mean: Float64Array;
  private readonly square: Float64Array;
  private steps = 0;

  constructor(size: number, rate: number) {
    this.rate = rate;
    this.mean = new Float64Array(size);
    this.square = new Float64Array(size);
  }

  /** Moves `values` one step against `gradient`. */
  step(values: Float64Array, gradient: ArrayLike<number>): void {
    this.steps += 1;
    for (let i = 0; i < values.length; i++) {
      const slope = gradient[i] as number;
      const mean = BETA1 * (this.mean[i] as number) + (1 - BETA1) * slope;
      const square = BETA2 * (this.square[i] as number) + (1 - BETA2) * slope * slope;
      this.mean[i] = mean;
      this.square[i] = square;
      const corrected = Math.sqrt(square / (1 - BETA2 ** this.steps)) + EPSILON;
      values[i] = (values[i] as number) - (this.rate * mean) / (1 - BETA1 ** this.steps) / corrected;
    }
  }
}
