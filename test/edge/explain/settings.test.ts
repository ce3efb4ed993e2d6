import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { RESERVED_PARAMETERS, readSettings } from '../../../src/edge/explain/settings.ts';

describe('settings of a request', () => {
  it('are sorted by whom they are for; texts are understood', () => {
    const settings = readSettings({ method: 'occlusion', target: '3', seed: '9', opacity: '0.5', strides: '4,4' });
    expect(settings).toMatchObject({
      method: 'occlusion',
      target: '3',
      seed: 9,
      top: 5,
      overlay: { opacity: 0.5, type: 'heatmap' },
      choseOverlay: false,
      params: { strides: '4,4' },
    });
  });

  it('lists every mistake', () => {
    expect(() => readSettings({ seed: -1, opacity: 'much', colormap: 'pink' })).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        details: {
          issues: ['method', 'seed', 'colormap', 'opacity'].map((parameter) =>
            expect.objectContaining({ parameter, message: expect.stringContaining(`"${parameter}"`) }),
          ),
        },
      }),
    );
  });

  it('have names that no method uses', () => {
    for (const { method } of plugins) {
      expect(Object.keys(method.params.shape).filter((name) => RESERVED_PARAMETERS.includes(name))).toEqual([]);
    }
  });
});
