/** `npm run docs`: serves the documents as a site on this machine. `npm run docs -- --port 9000` takes another port. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { preview } from 'vite';

const HOST = '127.0.0.1';
const { values } = parseArgs({ options: { port: { type: 'string', default: '4173' } } });
const server = await preview({
  configFile: false,
  root: fileURLToPath(new URL('..', import.meta.url)),
  logLevel: 'warn',
  appType: 'mpa',
  build: { outDir: 'generated/assets/docs' },
  preview: { host: HOST, port: Number(values.port) },
});
console.log(`The documents are at ${server.resolvedUrls?.local[0] ?? `http://${HOST}:${values.port}/`}`);
