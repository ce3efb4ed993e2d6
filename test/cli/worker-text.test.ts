import { describe, expect, it } from 'vitest';
import { workerText } from '../../src/cli/worker-text.ts';
import { configSchema } from '../../src/config/plugins-config.ts';

const textOf = (chosen: object): string =>
  workerText({ config: configSchema.parse({ plugins: [{ use: 'saliency-method-x' }], ...chosen }), methods: [] });

describe('the Worker that "whylight build" writes', () => {
  it('decodes every format of images when the configuration names none', () => {
    expect(textOf({})).toContain(
      "import { builtinTasks, hardenBuiltIns, jpegDecoder, pngDecoder, webpDecoder, serve } from 'whylight/deployment';",
    );
  });

  it('imports the decoders of the formats that "codecs" names, and no others', () => {
    const text = textOf({ codecs: ['webp', 'jpeg', 'jpeg'] });
    expect(text).toContain(
      "import { builtinTasks, hardenBuiltIns, jpegDecoder, webpDecoder, serve } from 'whylight/deployment';",
    );
    expect(text).toContain('codecs: { jpeg: jpegDecoder, webp: webpDecoder },');
  });

  it('decodes no image when "codecs" is empty', () => {
    expect(textOf({ codecs: [] })).toContain('codecs: {  },');
  });
});
