/** Choice of onnxruntime-node's execution provider: the fastest that this machine has. */

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Engine } from '../core/engine/engine.ts';
import { testEngine } from '../core/engine/self-test.ts';
import { WhylightError } from '../core/errors.ts';
import type { Log } from '../edge/observe/log.ts';
import { threadedEngine } from './threaded-engine.ts';

/** The strongest first. */
export const PROVIDERS = ['tensorrt', 'cuda', 'webgpu', 'cpu'] as const;

function hasNativeEngine(): boolean {
  try {
    createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
    return true;
  } catch {
    return false;
  }
}

/** Folders of shared libraries on Linux, beside those of LD_LIBRARY_PATH. */
const LIBRARY_FOLDERS = ['/usr/lib', '/usr/lib64', '/usr/local/lib', '/lib', '/lib64'];

/** WebGPU runs on Vulkan there, and prints a warning of its own where Vulkan is missing. */
function hasVulkan(): boolean {
  if (process.platform !== 'linux') return true;
  const triplet = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
  const stated = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter((folder) => folder !== '');
  const folders = [...stated, ...LIBRARY_FOLDERS.flatMap((folder) => [folder, join(folder, triplet)])];
  return folders.some((folder) => existsSync(join(folder, 'libvulkan.so.1')));
}

/** NVIDIA's providers are libraries of their own; onnxruntime complains at length where they are missing. */
function isInstalled(provider: string): boolean {
  if (provider === 'webgpu') return hasVulkan();
  if (provider === 'cpu') return true;
  const library = `libonnxruntime_providers_${provider}.so`;
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
  const folder = join(root, 'bin', 'napi-v6', process.platform, process.arch);
  return existsSync(join(folder, library));
}

/**
 * An engine with the provider that was asked for, or with the first that passes a small run.
 * @throws WhylightError `invalid_config` when the one that was asked for does not run here
 */
export async function strongestEngine(
  { provider, threads }: { readonly provider: string; readonly threads?: number },
  log: Log,
): Promise<Engine> {
  if (provider === 'auto' && !hasNativeEngine()) {
    const { onnxruntimeWeb } = await import('./onnxruntime-web.ts');
    log('warn', 'onnxruntime-node is not installed, so onnxruntime-web runs the models, which is slower', {
      remedy: 'npm install onnxruntime-node',
    });
    return onnxruntimeWeb();
  }
  const candidates: readonly string[] = provider === 'auto' ? PROVIDERS.filter(isInstalled) : [provider];
  const reasons: string[] = [];
  for (const candidate of candidates) {
    // What a provider cannot run falls to the processor.
    const providers = candidate === 'cpu' ? ['cpu'] : [candidate, 'cpu'];
    const engine = threadedEngine({ providers, ...(threads !== undefined && { threads }) });
    try {
      await testEngine(engine);
      log('info', 'the engine runs', { provider: candidate, refused: reasons });
      return engine;
    } catch (error) {
      await engine.close();
      reasons.push(`${candidate}: ${(error as Error).message.slice(0, 200)}`);
    }
  }
  throw new WhylightError('invalid_config', `No execution provider runs here. ${reasons.join('; ')}`, {
    allowed: ['auto', ...PROVIDERS],
  });
}
