import { beforeAll, describe, expect, it } from 'vitest';
import { newKeySet, parsePublicKeys } from '../../../src/edge/receipts/keys.ts';
import { ReceiptSigner, verifyReceipt } from '../../../src/edge/receipts/sign.ts';
import { imageFiles } from '../../core/image/image-files.ts';
import { type Ask, appWith, imageRequest, tensorRequest } from '../../support/app.ts';

const EXPLAIN = '/v2/models/cifar10/explain';
const KEYS = '/.well-known/whylight-keys.json';
let older: string;
let ask: Ask;

beforeAll(async () => {
  older = JSON.stringify(await newKeySet());
  ask = appWith({ receipts: new ReceiptSigner(older) });
});

const published = async (app: Ask) => parsePublicKeys(await (await app(KEYS)).text());

async function receiptFrom(app: Ask, parameters: object = {}): Promise<string> {
  const answer = await app(EXPLAIN, tensorRequest({ method: 'saliency', receipt: true, ...parameters }));
  const { parameters: said } = (await answer.json()) as { parameters: { receipt: string } };
  return said.receipt;
}

describe('a receipt', () => {
  it('holds what an auditor needs to repeat the run, and verifies with the published keys', async () => {
    const receipt = await verifyReceipt(await receiptFrom(ask, { target: 'cat', seed: 3 }), await published(ask));
    expect(receipt).toMatchObject({
      tenant: '*',
      model: { name: 'cifar10', version: '1', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      input: expect.stringContaining('tensors:["input","float32",[1,3,32,32]'),
      attribution: { attribution: expect.stringMatching(/^[0-9a-f]{64}$/) },
      method: { id: 'saliency', revision: expect.any(Number), build: expect.any(String) },
      question: { seed: 3, target: 'cat' },
      targets: [{ index: 3, label: 'cat', score: expect.any(Number) }],
      engine: expect.any(String),
      compiler: expect.stringMatching(/^whylight@/),
    });
    expect(Math.abs(receipt.iat - Date.now() / 1000)).toBeLessThan(60);
  });

  it('is the same for a cached answer, but for its time', async () => {
    const keys = await published(ask);
    const [first, second] = [await receiptFrom(ask), await receiptFrom(ask)];
    const without = async (token: string) => ({ ...(await verifyReceipt(token, keys)), iat: 0 });
    expect(await without(second)).toEqual(await without(first));
  });

  it('is refused with one byte changed, wherever it is', async () => {
    const keys = await published(ask);
    const token = await receiptFrom(ask);
    const places = [5, token.indexOf('.') + 20, Math.floor(token.length / 2), token.length - 20];
    for (const place of places) {
      const other = token[place] === 'A' ? 'B' : 'A';
      const changed = `${token.slice(0, place)}${other}${token.slice(place + 1)}`;
      await expect(verifyReceipt(changed, keys)).rejects.toThrow(/The receipt is not valid/);
    }
  });

  it('is refused where only bits differ that base64url leaves unused', async () => {
    const keys = await published(ask);
    const token = await receiptFrom(ask);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(token.at(-1) as string);
    // 64 bytes leave four bits of the last character unused.
    const changed = `${token.slice(0, -1)}${alphabet[last ^ 1]}`;
    await expect(verifyReceipt(changed, keys)).rejects.toThrow(/The receipt is not valid/);
  });

  it('holds the corrections of the request', async () => {
    const labels = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
    const token = await receiptFrom(ask, { target: 'd', labels: labels.join(',') });
    const { question } = await verifyReceipt(token, await published(ask));
    expect(question).toMatchObject({ target: 'd', labels });
  });

  it('verifies after a rotation, and new ones are signed with the new key', async () => {
    const token = await receiptFrom(ask);
    const rotated = appWith({ receipts: new ReceiptSigner(JSON.stringify(await newKeySet(older))) });
    const keys = await published(rotated);
    expect(keys).toHaveLength(2);
    expect((await verifyReceipt(token, keys)).model.name).toBe('cifar10');
    expect((await verifyReceipt(await receiptFrom(rotated), keys)).model.name).toBe('cifar10');
    await expect(verifyReceipt(await receiptFrom(rotated), await published(ask))).rejects.toThrow(/none of the given/);
  });

  it('is refused for images, and on a server without keys', async () => {
    const image = await ask(`${EXPLAIN}?method=saliency&receipt=true`, imageRequest(imageFiles.jpeg, 'image/png'));
    const without = await appWith()(EXPLAIN, tensorRequest({ method: 'saliency', receipt: true }));
    expect([image.status, without.status]).toEqual([406, 400]);
    expect((await without.json()) as object).toMatchObject({ errors: [{ pointer: '#/parameters/receipt' }] });
    expect((await appWith()(KEYS)).status).toBe(404);
  });
});

describe('the published keys', () => {
  it('hold nothing secret', async () => {
    const { keys } = (await (await ask(KEYS)).json()) as { keys: object[] };
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([['crv', 'kid', 'kty', 'x']]);
  });
});
