/** Part of the OpenAPI document that the API page shows. */

export interface ApiDocument {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  /** By path: objects that hold an {@link ApiOperation} for each HTTP method. */
  readonly paths?: Readonly<Record<string, object>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

export interface ApiOperation {
  readonly tags?: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly ApiParameter[];
  readonly requestBody?: { readonly content?: ApiContent };
  readonly responses?: Readonly<Record<string, ApiResponse>>;
  readonly 'x-whylight-access'?: string;
  readonly 'x-whylight-cost'?: string;
}

export interface ApiParameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly description?: string;
  readonly schema?: ApiSchema;
}

export interface ApiResponse {
  readonly description?: string;
  readonly content?: ApiContent;
}

/** By media type. */
export type ApiContent = Readonly<Record<string, { readonly schema?: ApiSchema }>>;

export interface ApiSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
}

/** Exports of the module that `scripts/build-pages.ts` writes. */
export interface ApiPage {
  /** The page as HTML. */
  renderApi(document: ApiDocument): string;
  /** Text of the page's only style element, for a Content-Security-Policy. */
  STYLE: string;
}
