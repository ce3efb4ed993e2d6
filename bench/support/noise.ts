/** A tenant that uploads hostile models and asks heavy questions without a pause. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Draw } from '../../test/fuzz/draw.ts';
import { mutateBytes } from '../../test/fuzz/mutate-bytes.ts';
import { reluChain } from '../../test/support/relu-chain.ts';

/** Requests of the noisy tenant. */
export interface NoiseOptions {
  readonly address: string;
  readonly key: string;
  readonly seed: number;
  /** Heavy questions at the same time. */
  readonly heavy: number;
  /** File of the model that is mutated. */
  readonly model: Uint8Array;
  readonly image: Uint8Array;
}

/** Every so many uploads, a sound model of a thousand nodes: it is compiled for every method. */
const LARGE_EACH = 4;
const LARGE_PAIRS = 500;

export class Noise {
  /** Answers, by kind and status. */
  readonly answers = new Map<string, number>();
  private readonly options: NoiseOptions;
  private readonly large = reluChain(LARGE_PAIRS);
  private running: readonly Promise<void>[] = [];
  private over = false;
  private uploads = 0;
  private questions = 0;

  constructor(options: NoiseOptions) {
    this.options = options;
  }

  start(): void {
    this.over = false;
    const asking = Array.from({ length: this.options.heavy }, () => this.ask());
    this.running = [this.upload(), ...asking];
  }

  /** Ends when what was sent has been answered. */
  async stop(): Promise<void> {
    this.over = true;
    await Promise.all(this.running);
  }

  private async upload(): Promise<void> {
    const { model, seed } = this.options;
    while (!this.over) {
      const run = this.uploads++;
      const isLarge = run % LARGE_EACH === LARGE_EACH - 1;
      const body = isLarge ? this.large : mutateBytes(new Uint8Array(model), new Draw(seed, run), [model]);
      const path = `/v2/models/hostile-${run}/versions/1`;
      await this.send('upload', 'PUT', path, 'application/octet-stream', body);
    }
  }

  private async ask(): Promise<void> {
    while (!this.over) {
      const query = `method=rise&n_masks=4000&route=origin&seed=${this.options.seed + this.questions++}`;
      await this.send('question', 'POST', `/v2/models/cifar10/explain?${query}`, 'image/jpeg', this.options.image);
    }
  }

  private async send(kind: string, method: string, path: string, type: string, body: Uint8Array): Promise<void> {
    const { address, key } = this.options;
    const headers = { 'X-Api-Key': key, 'Content-Type': type };
    const response = await fetch(`${address}${path}`, { method, headers, body: body as Uint8Array<ArrayBuffer> });
    await response.arrayBuffer();
    const name = `${kind} ${response.status}`;
    this.answers.set(name, (this.answers.get(name) ?? 0) + 1);
    if (response.status === 503) await sleep(1000 * Number(response.headers.get('Retry-After') ?? 1));
  }
}
