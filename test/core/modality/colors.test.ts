import { describe, expect, it } from 'vitest';
import {
  ansiBackground,
  attributionColor,
  attributionScale,
  hex,
  inkOn,
  signedNumber,
} from '../../../src/core/modality/colors.ts';

describe('colours of attributions', () => {
  it('are almost white at zero, red above and blue below', () => {
    expect(Math.min(...attributionColor(0))).toBeGreaterThan(240);
    const [red, blue] = [attributionColor(1), attributionColor(-1)];
    expect(red[0] - red[2]).toBeGreaterThan(100);
    expect(blue[2] - blue[0]).toBeGreaterThan(100);
    expect(attributionColor(7)).toEqual(red);
  });

  it('are written in hexadecimal', () => expect(hex([103, 0, 31])).toBe('#67001f'));

  it('have black or white text, whichever has more contrast', () => {
    expect(inkOn(attributionColor(0))).toBe('#000000');
    expect(inkOn(attributionColor(-1))).toBe('#ffffff');
    expect(ansiBackground('x', [103, 0, 31])).toBe('\u001b[48;2;103;0;31;38;2;255;255;255mx\u001b[0m');
  });

  it('are scaled by the largest magnitude, or by 1 when all values are zero', () => {
    expect(attributionScale([0.5, -2, 1])).toBe(2);
    expect(attributionScale([0, 0])).toBe(1);
  });

  it.each([
    [0.42149, '+0.421'],
    [-12.3456, '-12.3'],
    [0, '0'],
    [1234.5, '+1230'],
  ])('have the label of %d written as %s', (value, text) => expect(signedNumber(value)).toBe(text));
});
