import { describe, expect, it } from 'vitest';
import { captionSvg, escapeXml, svg, svgDocument } from '../../../src/core/modality/svg.ts';

describe('SVG output', () => {
  it('has numbers of at most two decimals, and omits undefined attributes', () => {
    expect(svg('rect', { x: 1 / 3, y: -0.001, width: 2, fill: undefined }).markup).toBe(
      '<rect x="0.33" y="0" width="2"/>',
    );
  });

  it('escapes text and attributes, but not elements', () => {
    const { markup } = svg('g', { id: `a"b'` }, svg('title', {}, 'x < y & z'), ['1 > 0', false, undefined], 2.5);
    expect(markup).toBe('<g id="a&quot;b&#39;"><title>x &lt; y &amp; z</title>1 &gt; 02.5</g>');
  });

  it('replaces characters that XML does not allow', () => {
    expect(escapeXml('a\u0000b\u001bc\ud800d\uffffe😀')).toBe('a\uFFFDb\uFFFDc\uFFFDd\uFFFDe😀');
  });

  it('is a standalone document with a title', () => {
    const document = svgDocument({ width: 10, height: 20, title: 'A & B' }, svg('g', {}));
    expect(document).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 10 20"/);
    expect(document).toContain('<title>A &amp; B</title>');
  });
});

describe('captionSvg', () => {
  it('breaks a text between words, and is as high as its lines', () => {
    const words = Array.from({ length: 30 }, (_, i) => `word${i}`).join(' ');
    const drawn = captionSvg(words);
    const lines = [...drawn.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, line]) => line as string);
    expect(lines.join(' ')).toBe(words);
    expect(lines.every((line) => line.length <= 90)).toBe(true);
    expect(drawn).toContain(`height="${18 * lines.length + 10}"`);
  });
});
