import { describe, expect, it } from 'vitest';
import { plugins } from '#plugins';
import { WhylightError } from '../../../src/core/errors.ts';
import {
  bothChecked,
  methodParameters,
  RESERVED_PARAMETERS,
  readSettings,
} from '../../../src/edge/explain/settings.ts';

describe('readSettings', () => {
  it('separates settings from parameters of the method and parses text values', () => {
    const settings = readSettings({ method: 'occlusion', target: '3', seed: '9', opacity: '0.5', strides: '4,4' });
    expect(settings).toMatchObject({
      method: 'occlusion',
      target: '3',
      seed: 9,
      top: 5,
      overlay: { opacity: 0.5, type: 'heatmap' },
      choseOverlay: false,
    });
    expect(methodParameters({ method: 'occlusion', opacity: '0.5', strides: '4,4' })).toEqual({ strides: '4,4' });
  });

  it('lists every mistake', () => {
    expect(() => readSettings({ seed: -1, opacity: 'much', colormap: 'pink' })).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        details: {
          issues: ['seed', 'colormap', 'opacity'].map((parameter) =>
            expect.objectContaining({ parameter, message: expect.stringContaining(`"${parameter}"`) }),
          ),
        },
      }),
    );
  });

  it('refuses contradictory settings, also when one of them is the default', () => {
    expect(() => readSettings({ method: 'x', clip_percent_upperbound: 0 })).toThrow(
      'Parameter "clip_percent_lowerbound" must be below clip_percent_upperbound.',
    );
  });

  it('reports mistakes in settings and in parameters together', () => {
    const wrong = (parameter: string) => () => {
      throw new WhylightError('invalid_request', parameter, { issues: [{ parameter, message: parameter }] });
    };
    const other = () => {
      throw new WhylightError('method_not_found', 'no method');
    };
    const issues = ['a', 'b'].map((name) => ({ parameter: name, message: name }));
    expect(() => bothChecked(wrong('a'), wrong('b'))).toThrow(expect.objectContaining({ details: { issues } }));
    expect(() => bothChecked(wrong('a'), other)).toThrow('a');
    expect(() => bothChecked(() => 1, other)).toThrow('no method');
    expect(
      bothChecked(
        () => 1,
        () => 2,
      ),
    ).toEqual([1, 2]);
  });

  it('uses names that no method has as a parameter', () => {
    for (const { method } of plugins) {
      expect(Object.keys(method.params.shape).filter((name) => RESERVED_PARAMETERS.includes(name))).toEqual([]);
    }
  });
});
