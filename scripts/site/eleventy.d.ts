/** Types of what is used of Eleventy, which comes without any. */
declare module '@11ty/eleventy' {
  interface Settings {
    readonly markdownTemplateEngine: false;
    readonly htmlTemplateEngine: false;
  }
  export default class Eleventy {
    constructor(input: string, output: string, options: { readonly quietMode: boolean; config(): Settings });
    toJSON(): Promise<unknown>;
  }
}
