/** The Worker, with entry points for what only a second request can show. */
import { WorkerEntrypoint } from 'cloudflare:workers';
import { SessionCache } from '../../src/core/engine/session-cache.ts';
import { onnxruntimeWorkerd } from '../../src/edge/workerd/onnxruntime-workerd.ts';
import { denseInput, denseModel } from './tiny-models.ts';

const WIDTH = 64;
const engine = onnxruntimeWorkerd();
const sessions = new SessionCache(64 * 2 ** 20);
const loads = new Map<string, number>();

/** Each call is a request of its own, in the isolate of all others. */
export class SessionProbe extends WorkerEntrypoint {
  /** Asks for a session and ends at once; the load goes on over input and output that it waits for. */
  async leaveEarly(key: string): Promise<void> {
    void this.acquire(key).then((lease) => lease.release());
  }

  /** The answer of the model to the input of this seed. */
  async answer(key: string, seed: number): Promise<readonly number[]> {
    const lease = await this.acquire(key);
    try {
      const { y } = await lease.session.run({ x: denseInput(WIDTH, seed) });
      return Array.from(y?.data as Float32Array);
    } finally {
      lease.release();
    }
  }

  async loads(key: string): Promise<number> {
    return loads.get(key) ?? 0;
  }

  private acquire(key: string) {
    return sessions.acquire(
      key,
      async () => {
        loads.set(key, (loads.get(key) ?? 0) + 1);
        await scheduler.wait(100);
        const bytes = denseModel(WIDTH);
        return { session: await engine.load(bytes), bytes };
      },
      { waitUntil: (promise) => this.ctx.waitUntil(promise) },
    );
  }
}

export { AttributionHistory, default, ExplanationJob, TenantLedger } from '../../src/edge/workerd/worker.ts';
