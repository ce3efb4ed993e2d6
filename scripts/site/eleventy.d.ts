/** Types of what is used of Eleventy, which comes without any. */
declare module '@11ty/eleventy' {
  interface Settings {
    readonly markdownTemplateEngine: false;
    readonly htmlTemplateEngine: false;
  }
  interface Configuration {
    /** Changes the Markdown renderer. */
    amendLibrary(extension: 'md', amend: (markdown: never) => void): void;
  }
  interface Options {
    readonly quietMode: boolean;
    config(configuration: Configuration): Settings;
  }
  export default class Eleventy {
    constructor(input: string, output: string, options: Options);
    toJSON(): Promise<unknown>;
  }
}
